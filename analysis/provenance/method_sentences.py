"""What a methods section says of how figures were made, topic by topic; citations as `[@key; @key]`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from analysis.direction_significance import SIGNIFICANT
from analysis.provenance import Provenance, citations
from analysis.provenance.settings_words import (
    KIND_NAMES,
    METHOD_NAMES,
    list_words,
    one_line,
    parameter_words,
)
from analysis.provenance.told_facts import (
    Parts,
    counted,
    direction_key,
    direction_quality,
    fullest,
    known_of_model,
    map_settings,
    mark,
    marked_keys,
    method_settings,
    model_key,
    noise_words,
)

_MAPS = ("tsne", "t-sne", "umap", "pca", "pls")
_ATTRIBUTED = ("attribution", "cohort_attribution", "sanity", "localisation")
_MOVED = ("path", "change")
_MAP_SETTINGS = {
    "tsne": ("perplexity", "metric"),
    "t-sne": ("perplexity", "metric"),
    "umap": ("n_neighbors", "min_dist", "metric"),
}


def sentences(parts: Parts) -> Iterator[str]:
    """The sentences of every topic that these figures touch, each once, in the order of a methods section."""
    for topic in _TOPICS:
        yield from dict.fromkeys(topic(parts))


def _model(parts: Parts) -> Iterator[str]:
    for part in fullest(parts, model_key, known_of_model):
        kind = citations.model_kind(part)
        if not part.checkpoint_sha256 and not kind:
            continue
        dims = part.settings.get("latent_dims")
        sized = f" with {dims} latent dimensions" if isinstance(dims, int) else ""
        name = f" “{one_line(part.checkpoint_name)}”" if part.checkpoint_name else ""
        digest = part.checkpoint_sha256[:10]
        if not kind:
            yield f"The model{name} is that of the file with the SHA-256 {digest}…."
            continue
        what = KIND_NAMES.get(kind, one_line(kind))
        file = f"; SHA-256 of its file {digest}…" if digest else ""
        yield f"The model{name} is {what}{sized}{mark(citations.keys_of_model(kind))}{file}."


def _data(parts: Parts) -> Iterator[str]:
    for part in fullest(parts, lambda part: part.data_fingerprint or part.data_name, lambda part: len(part.data_name)):
        fingerprint, name = part.data_fingerprint, part.data_name
        same = [each for each in parts if (each.data_fingerprint or each.data_name) == (fingerprint or name)]
        named = f" of “{one_line(name)}”" if name else ""
        digest = f" (fingerprint {fingerprint[:10]}…)" if fingerprint else ""
        tokens = {case for each in same for case in each.case_ids}
        counts = [each.settings.get(key) for each in same for key in ("n_cases", "cases")]
        n_cases = max(len(tokens), *(count for count in (*counts, 0) if isinstance(count, int)))
        if n_cases and (named or digest):
            yield f"Shown {'is' if n_cases == 1 else 'are'} {counted(n_cases, 'case')}{named}{digest}."
        elif digest:
            yield f"The data are those{named}{digest}."
        elif named:
            yield f"The training data are “{one_line(name)}”."


def _direction(parts: Parts) -> Iterator[str]:
    for part in fullest(parts, direction_key, lambda part: len(part.direction)):
        facts = part.direction
        if not facts:
            continue
        target = one_line(str(facts.get("target", "its target")))
        if facts.get("dimension") is not None:
            yield f"Cases were moved along {target} of the latent space itself, without labels."
            continue
        method = citations.direction_method(part)
        fitted = METHOD_NAMES.get(method, one_line(str(facts.get("method", "")))) or "a method that is not told"
        n_cases = facts.get("n_cases")
        cases = f" to {counted(n_cases, 'encoded case')}" if isinstance(n_cases, int) else ""
        quality = direction_quality(facts)
        told = f", and scored by cross-validation, each case by a fit without it: {quality}" if quality else ""
        by = f"{fitted}{mark(citations.keys_of_method(method))}"
        yield f"The direction towards {target} was fitted by {by}{cases}{told}."
        if "p_value" in facts:
            cone = facts.get("cone_degrees")
            sure = "" if cone is None else f", and 95 % of refits to resampled cases lie within {cone:.0f}° of it"
            yield (
                f"In a permutation test with shuffled targets{mark([citations.SHUFFLES])}, {noise_words(facts)}, the "
                f"limit being p < {SIGNIFICANT:g}{sure}."
            )


def _path(parts: Parts) -> Iterator[str]:
    for part in parts:
        if part.kind not in _MOVED:
            continue
        told = parameter_words(part.settings, ("span", "n_steps", "steps", "step", "skip_dropout"))
        how = f" ({told})" if told else ""
        like = (
            f", and the likeness of the decoded case to the original is SSIM{mark([citations.LIKENESS])}"
            if "likeness" in part.settings
            else ""
        )
        yield (
            f"Latent vectors of the cases were moved along the direction in steps of standard deviations of the fitted "
            f"cases, and decoded{how}; how far a step is to be believed was judged by its distance to training cases, "
            f"the prior, and encoding what was decoded again{like}."
        )
    if any("likeness" in part.settings and part.kind not in _MOVED for part in parts):
        yield f"The likeness of decoded cases to the originals is SSIM{mark([citations.LIKENESS])}."


def _samples(parts: Parts) -> Iterator[str]:
    for part in parts:
        if part.kind == "samples":
            source = one_line(str(part.settings.get("source") or "the prior of the model"))
            yield f"New cases were decoded from latent vectors drawn from {source}; they show no patient."


def _maps(parts: Parts) -> Iterator[str]:
    for part in parts:
        if part.kind not in ("map", "biplot"):
            continue
        for method in citations.methods_of(part):
            told = parameter_words(map_settings(part, method), _MAP_SETTINGS.get(method, ()))
            seed = "" if part.seed is None else f"seed {part.seed}"
            how = "".join(f", {part}" for part in (told, seed) if part)
            name = METHOD_NAMES.get(method, one_line(method))
            yield f"Latent vectors were mapped to the plane by {name}{mark(citations.keys_of_method(method))}{how}."


def _attributions(parts: Parts) -> Iterator[str]:
    for part in parts:
        methods = [name for name in citations.methods_of(part) if name not in _MAPS]
        if part.kind not in _ATTRIBUTED or not methods:
            continue
        used = list_words([_attribution(name, part) for name in methods])
        library = any(citations.CAPTUM in citations.keys_of_method(name) for name in methods)
        target = part.settings.get("target")
        what = f"“{one_line(str(target))}”" if isinstance(target, str | int) and target != "" else "what the model says"
        baseline = parameter_words(part.settings, ("baseline",))
        by = f", computed with captum{mark([citations.CAPTUM])}" if library else ""
        told = f"{used}{by}{baseline and ', '}{baseline}"
        yield f"How much each part of the input adds to {what} was attributed by {told}."


def _attribution(method: str, part: Provenance) -> str:
    """A method with its citation and its settings."""
    keys = [key for key in citations.keys_of_method(method) if key != citations.CAPTUM]
    settings = method_settings(part, method) or (part.settings if "method_settings" not in part.settings else {})
    told = parameter_words(settings, ("n_steps", "n_samples", "noise", "window", "stride", "layer"))
    return f"{METHOD_NAMES.get(method, one_line(method))}{mark(keys)}{told and f' with {told}'}"


def _checks(parts: Parts) -> Iterator[str]:
    for part in parts:
        keys = citations.keys_of_checks(part)
        if citations.SANITY in keys:
            yield (
                "Maps were compared with those of the same model with randomised layers and labels"
                f"{mark([citations.SANITY])}: a map that stays alike says nothing of what was learned."
            )
        if set(citations.FAITHFULNESS) & set(keys):
            deletion, fidelity = citations.FAITHFULNESS
            yield (
                f"Their faithfulness was measured by deleting and inserting pixels in their order{mark([deletion])}, "
                f"and by infidelity and sensitivity{mark([fidelity])}."
            )
        if part.kind == "localisation":
            yield (
                "Whether maps point into outlined regions was measured by the pointing game"
                f"{mark([citations.POINTING])}, overlap, and the share of their energy inside."
            )


def _examples(parts: Parts) -> Iterator[str]:
    for part in parts:
        if part.kind not in ("examples", "labels"):
            continue
        found = [
            f"{METHOD_NAMES.get(name, one_line(name))}{mark(citations.keys_of_method(name))}"
            for name in citations.methods_of(part)
        ]
        if found and part.kind == "examples":
            yield f"Training cases that explain a case were found by {list_words(found)}."
        elif part.kind == "labels":
            by = f", and by {list_words(found)}" if found else ""
            yield f"Doubtful labels are ranked by the labels of the nearest cases in the latent space{by}."


def _measured(parts: Parts) -> Iterator[str]:
    for part in parts:
        if part.kind == "training":
            yield "Training curves show the losses as the training kept them, epoch by epoch."
        elif part.kind == "quality":
            keys = citations.keys_of_measures(part)
            if citations.AREA in keys:
                told = f"intervals of 95 % of the AUROC are score intervals{mark([citations.AREA])}"
            else:
                told = f"intervals of 95 % are of resampled cases{mark([citations.RESAMPLES])}"
            yield f"The quality of the model was measured on cases that it was not trained on; {told}."


def _rest(parts: Parts) -> Iterator[str]:
    """Methods of figures whose kind says nothing of them, so that every entry of the bibliography is marked."""
    said = {key for topic in _TOPICS[:-2] for text in topic(parts) for key in marked_keys(text)}
    others = {citation.key for part in parts for citation in citations.cited(part)} - said
    if others:
        yield f"Further methods are described elsewhere{mark(sorted(others))}."


def _software(parts: Parts) -> Iterator[str]:
    versions = {name: number for part in parts for name, number in part.versions.items()}
    if versions:
        yield f"Software: {', '.join(f'{name} {versions[name]}' for name in sorted(versions))}."


_TOPICS: tuple[Callable[[Parts], Iterator[str]], ...] = (
    *(_model, _data, _direction, _path, _samples, _maps, _attributions, _checks, _examples, _measured),
    *(_rest, _software),
)

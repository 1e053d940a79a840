"""What a methods section says of how figures were made, topic by topic; citations as `[@key; @key]`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from analysis.direction_significance import SIGNIFICANT
from analysis.provenance import citations
from analysis.provenance.provenance import Provenance
from analysis.provenance.settings_words import (
    KIND_NAMES,
    METHOD_NAMES,
    list_words,
    number_words,
    one_line,
    parameter_words,
)

Parts = Sequence[Provenance]
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


def mark(keys: Iterable[str]) -> str:
    """The mark of citations, with the space before it; "" for none."""
    told = "; ".join(f"@{key}" for key in sorted(set(keys)))
    return f" [{told}]" if told else ""


def direction_quality(facts: Mapping[str, Any]) -> str:
    """Such as "AUROC 0.930 [0.900, 0.950]"; "" where it was not measured."""
    quality, low, high = (facts.get(name) for name in ("quality", "quality_low", "quality_high"))
    if quality is None:
        return ""
    interval = "" if low is None or high is None else f" [{low:.3f}, {high:.3f}]"
    return f"{one_line(str(facts.get('quality_name', 'quality')))} {quality:.3f}{interval}".replace("-", "−")


def noise_words(facts: Mapping[str, Any]) -> str:
    """Whether a direction could be noise, with p and the shuffles."""
    p = facts.get("p_value")
    if p is None:
        return "whether it could be noise was not tested"
    told = f"p = {number_words(p)}, {number_words(facts.get('n_permutations', 0))} permutations"
    return f"it could be noise ({told})" if p >= SIGNIFICANT else f"it is more than noise ({told})"


def _model(parts: Parts) -> Iterator[str]:
    for part in parts:
        kind = citations.model_kind(part)
        if not part.checkpoint_sha256 and not kind:
            continue
        dims = part.settings.get("latent_dims")
        sized = f" with {dims} latent dimensions" if isinstance(dims, int) else ""
        name = f" “{one_line(part.checkpoint_name)}”" if part.checkpoint_name else ""
        digest = f"; SHA-256 of its file {part.checkpoint_sha256[:10]}…" if part.checkpoint_sha256 else ""
        what = KIND_NAMES.get(kind, one_line(kind) or "a kind that is not told")
        yield f"The model{name} is {what}{sized}{mark(citations.keys_of_model(kind))}{digest}."


def _data(parts: Parts) -> Iterator[str]:
    for fingerprint, name in dict.fromkeys((part.data_fingerprint, part.data_name) for part in parts):
        same = [part for part in parts if (part.data_fingerprint, part.data_name) == (fingerprint, name)]
        named = f" of “{one_line(name)}”" if name else ""
        digest = f" (fingerprint {fingerprint[:10]}…)" if fingerprint else ""
        tokens = {case for part in same for case in part.case_ids}
        counts = {part.settings["n_cases"] for part in same if isinstance(part.settings.get("n_cases"), int)}
        n_cases = max((*counts, len(tokens)))
        if n_cases and (named or digest):
            yield f"Shown {'is' if n_cases == 1 else 'are'} {_counted(n_cases, 'case')}{named}{digest}."
        elif named or digest:
            yield f"The data are those{named}{digest}."


def _direction(parts: Parts) -> Iterator[str]:
    for part in parts:
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
        cases = f" to {_counted(n_cases, 'encoded case')}" if isinstance(n_cases, int) else ""
        quality = direction_quality(facts)
        told = f", and scored by cross-validation, each case by a fit without it: {quality}" if quality else ""
        yield f"The direction towards {target} was fitted by {fitted}{mark(citations.keys_of_method(method))}{cases}{told}."
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
    if any(part.kind == "samples" for part in parts):
        yield "New cases were decoded from latent vectors drawn from the prior of the model; they show no patient."


def _maps(parts: Parts) -> Iterator[str]:
    for part in parts:
        if part.kind not in ("map", "biplot"):
            continue
        for method in citations.methods_of(part):
            told = parameter_words(_of_method(part.settings, method), _MAP_SETTINGS.get(method, ()))
            seed = "" if part.seed is None else f"seed {part.seed}"
            how = "".join(f", {part}" for part in (told, seed) if part)
            name = METHOD_NAMES.get(method, one_line(method))
            yield f"Latent vectors were mapped to the plane by {name}{mark(citations.keys_of_method(method))}{how}."


def _attributions(parts: Parts) -> Iterator[str]:
    for part in parts:
        methods = [name for name in citations.methods_of(part) if name not in _MAPS]
        if part.kind not in _ATTRIBUTED or not methods:
            continue
        cites = [f"{METHOD_NAMES.get(name, one_line(name))}{mark(_own_keys(name))}" for name in methods]
        library = any(citations.CAPTUM in citations.keys_of_method(name) for name in methods)
        target = part.settings.get("target")
        of = f" of {one_line(str(target))}" if isinstance(target, str | int) and target != "" else ""
        told = parameter_words(
            part.settings, ("baseline", "n_steps", "n_samples", "noise", "window", "stride", "layer")
        )
        by = f", computed with captum{mark([citations.CAPTUM])}" if library else ""
        yield f"Attributions{of} are those of {list_words(cites)}{by}{f', {told}' if told else ''}."


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


def marked_keys(text: str) -> tuple[str, ...]:
    """Keys of publications that a text marks, each once, in order."""
    found = (key for marks in re.findall(r" \[(@[\w; @]+)\]", text) for key in re.findall(r"@(\w+)", marks))
    return tuple(dict.fromkeys(key for key in found if key in citations.publications()))


def _own_keys(method: str) -> tuple[str, ...]:
    return tuple(key for key in citations.keys_of_method(method) if key != citations.CAPTUM)


def _of_method(settings: Mapping[str, Any], method: str) -> Mapping[str, Any]:
    """Settings with those that a table of parameters holds, by themselves or by the method's name."""
    parameters = settings.get("parameters")
    if not isinstance(parameters, Mapping):
        return settings
    own = parameters.get(method)
    return {**settings, **parameters, **(own if isinstance(own, Mapping) else {})}


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


_TOPICS: tuple[Callable[[Parts], Iterator[str]], ...] = (
    *(_model, _data, _direction, _path, _samples, _maps, _attributions, _checks, _examples, _measured),
    *(_rest, _software),
)

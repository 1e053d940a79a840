"""How figures of attributions were made, as their files keep it: one description for the page and the command."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.attributions import Attribution, MethodSettings, Target
    from analysis.attributions.cohort_map import CohortMap
    from analysis.provenance.provenance import Provenance
    from app.views import View
    from xaae_core.checkpoints import Checkpoint
    from xaae_core.latents import LatentTable


@dataclass(frozen=True, eq=False)
class AttributionMaking:
    """What is common to the figures of some maps.

    Attributes:
        checkpoint: the model.
        target: what is explained.
        baseline: what cases were compared with, in words.
        seed: of everything random.
        view: the page that shows them again.
        data_fingerprint: of the open cases, or of the table that a direction was fitted to; "" without any.
    """

    checkpoint: Checkpoint
    target: Target
    baseline: str
    seed: int
    view: View
    data_fingerprint: str = ""

    def on(self, case_token: str) -> AttributionMaking:
        """The same with the view opened on a case."""
        query = {**self.view.query, "case": (case_token,)}
        return replace(self, view=replace(self.view, query=query))

    def of_case(self, kind: str, case_id: str, made: Sequence[Attribution], *, is_evaluated: bool) -> Provenance:
        """The provenance of a figure of one case.

        Args:
            kind: of the drawing, "attribution" or "sanity".
            case_id: its id, of which the token is kept.
            made: the maps that are drawn.
            is_evaluated: whether they were checked.
        """
        told = {one.method: _finite(one.settings) for one in made}
        methods = [one.method for one in made]
        return self._provenance(kind, (case_id,), methods, {"evaluated": is_evaluated, **_settings(told)})

    def of_many(
        self, case_ids: Sequence[str], maps: Mapping[str, CohortMap], settings: Mapping[str, Mapping[str, Any]]
    ) -> Provenance:
        """The provenance of mean maps.

        Args:
            case_ids: ids of the cases, of which the tokens are kept.
            maps: that are drawn, by group.
            settings: that each method ran with, by its name.
        """
        groups = {name: found.n for name, found in maps.items()}
        methods = list(dict.fromkeys(found.method for found in maps.values()))
        told = {"groups": groups, "n_cases": len(case_ids), **_settings(settings)}
        return self._provenance("cohort_attribution", case_ids, methods, told)

    def _provenance(
        self, kind: str, case_ids: Sequence[str], methods: Sequence[str], settings: Mapping[str, Any]
    ) -> Provenance:
        from analysis.attributions import DirectionScore
        from analysis.provenance.making import provenance_of

        return provenance_of(
            kind,
            self.checkpoint,
            view=self.view.to_json(),
            data_fingerprint=self.data_fingerprint,
            case_ids=case_ids,
            direction=self.target.direction if isinstance(self.target, DirectionScore) else None,
            seed=self.seed,
            settings={
                "methods": list(methods), "target": self.target.name, "baseline": self.baseline, **settings,
            },
        )  # fmt: skip


def view_of_maps(
    checkpoint: Checkpoint,
    *,
    explained: str,
    methods: Sequence[str],
    baseline: str,
    is_checked: bool,
    settings: MethodSettings,
    is_many: bool = False,
) -> View:
    """The attributions page as the address asks for it, with the words that its controls have.

    Args:
        checkpoint: the model.
        explained: what, as `xaae attribute --target` takes it.
        methods: by name.
        baseline: as `--baseline` names it; one that the page does not have is left out.
        is_checked: whether maps are put to the checks.
        settings: of the methods.
        is_many: whether it is the mean map of many cases.
    """
    from app.attribution_baselines import BASELINE_WORDS
    from app.attributions_page.choice import METHOD_WORDS, MethodChoice, explained_words
    from app.views import view_of

    kind, _, number = explained.partition(":")
    named = [METHOD_WORDS[method] for method in methods]
    usual = MethodChoice()
    told = {"ig_steps": (settings.n_steps, usual.n_steps), "samples": (settings.n_samples, usual.n_samples),
            "window": (settings.window or 0, 0), "shift": (settings.span, usual.span),
            "attr_seed": (settings.seed, usual.seed)}  # fmt: skip
    return view_of(
        "attributions",
        checkpoint.sha256,
        view="Many" if is_many else "",
        explain=explained_words(_offered(explained, checkpoint), checkpoint.card.target),
        dimension=number if kind == "dimension" else "",
        methods=() if is_many else tuple(named),
        method=named[0] if is_many else "",
        baseline=next((words for name, words in BASELINE_WORDS.items() if name == baseline), ""),
        checks="" if is_checked or is_many else "false",
        **{key: f"{value:g}" for key, (value, default) in told.items() if value != default},
    )


def case_id_of(image: Path, name: str, table: LatentTable | None) -> str:
    """The id that a file has in a table of latents; its name where it is in none.

    Args:
        image: file of the case.
        name: what the case is called without a table.
        table: of latents.
    """
    if table is None:
        return name
    asked = image.absolute().as_posix()
    bare = image.absolute().with_suffix("").as_posix()  # the demo's ids have no ending
    for case, path in zip(table.ids.tolist(), table.paths, strict=True):
        is_named = asked.endswith(f"/{case}") or bare.endswith(f"/{case}")
        if is_named or (path and Path(path).absolute().as_posix() == asked):
            return str(case)
    return name


def _offered(explained: str, checkpoint: Checkpoint) -> str:
    """What is explained as the page offers it: with the class that is meant where none is named."""
    kind, _, name = explained.partition(":")
    card = checkpoint.card
    if kind == "dimension":
        return kind
    if kind == "direction" or (kind == "class" and card.task == "classes"):
        return f"{kind}:{name or card.target}"
    return explained


def _settings(by_method: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What methods ran with: each one's own, and all under their names where methods do not differ in them."""
    flat: dict[str, Any] = {}
    for told in by_method.values():
        flat |= {name: value for name, value in told.items() if flat.setdefault(name, value) == value}
    return {**_finite(flat), "method_settings": {method: _finite(told) for method, told in by_method.items()}}


def _finite(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as JSON values; numbers that are not finite are left out."""
    return {name: value for name, value in settings.items() if not isinstance(value, float) or math.isfinite(value)}

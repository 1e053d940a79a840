"""What the grid of maps is sent: a row for each method, finished or not."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.attributions import Attribution, Measure
from analysis.evaluation.sanity import SanityCheck, SanityStrip
from analysis.nouns import signal_words
from app.attributions_page.choice import METHOD_WORDS
from app.components.heat_grid import HeatRow, HeatTile
from app.components.heat_grid.payload import TileKind
from app.found_maps import FoundMap
from xaae_core.signal_form import SignalForm

Level = Literal["good", "doubtful", "bad", ""]
_LEVELS: dict[str, Level] = {"believable": "good", "doubtful": "doubtful", "fails": "bad"}
_CHECKS = {
    "destroyed": "Changes with the model",
    "shuffled": "Changes with the labels",
    "random": "Better than random",
    "complete": "Adds up",
    "inside": "Inside the outline",
}
_SHOWN = {
    "insertion": "Insertion, × its range",
    "iou_best": "Overlap with the outline",
    "sparseness": "Concentration",
}
"""Measures that a row shows beside its checks, as it names them."""
_UNSIGNED = ("saliency", "smooth_grad")
"""Methods whose maps say how much a pixel matters, not which way."""
_OWN_ENDS = {
    "latent_shift": ("darker as the number rises", "brighter"),
    "guided_backprop": ("darker would raise it", "brighter would"),
}
"""What the ends of the colours mean where a map does not share out the number among the pixels."""


def kind_of(method: str) -> TileKind:
    """Whether the maps of a method have a sign."""
    return "positive" if method in _UNSIGNED else "signed"


def ends_of(method: str, form: SignalForm | None = None) -> tuple[str, str] | None:
    """What the two ends of a method's colours mean; None: takes from the number, adds to it."""
    found = _OWN_ENDS.get(method)
    return found if found is None or form is None else (signal_words(found[0]), signal_words(found[1]))


def row_of(
    method: str,
    found: FoundMap,
    *,
    is_checked: bool,
    is_over: bool,
    mask_share: float = math.nan,
    form: SignalForm | None = None,
) -> HeatRow:
    """The row of a method.

    Args:
        method: its name.
        found: what is known of it.
        is_checked: whether it is put to the checks.
        is_over: whether no more of it is coming.
        mask_share: what the mask covers of the picture; NaN where there is none.
        form: what the signal looks like; None of a picture.
    """
    made, strip = found.attribution, found.strip
    label = "on the picture" if form is None else "on the trace"
    if made is None:
        note = found.problem or ("not computed" if is_over else "being computed …")
        return HeatRow(method, METHOD_WORDS[method], found.problem, "", "", HeatTile(label, None, note), (), ())
    return HeatRow(
        id=method,
        title=METHOD_WORDS[method],
        sentence=_sentence(made, strip),
        verdict=_LEVELS[strip.verdict] if strip is not None else "",
        verdict_words=strip.verdict if strip is not None else "",
        main=_tile(label, made.map, kind_of(method), form),
        strip=_tiles(strip, found.problem, kind_of(method), is_over=is_over, form=form) if is_checked else (),
        scores=()
        if _is_flat(made.map)
        else (
            *(_answer(check) for check in (strip.checks if strip is not None else ())),
            *(_score(made, name, mask_share) for name in _SHOWN if made.measure(name) is not None),
        ),
        ends=ends_of(method, form),
    )


def _tiles(
    strip: SanityStrip | None, problem: str, kind: TileKind, *, is_over: bool, form: SignalForm | None
) -> tuple[HeatTile, ...]:
    labels = ("model destroyed", "labels shuffled", "moved at random" if form is None else "moved in time")
    if strip is None:
        note = problem or ("not checked" if is_over else "being checked …")
        return tuple(HeatTile(label, None, note) for label in labels)
    return (
        _compared(labels[0], strip.destroyed, strip.check("destroyed"), kind, form),
        _compared(labels[1], strip.shuffled, strip.check("shuffled"), kind, form),
        _tile(labels[2], strip.random, kind, form),
    )


def _is_flat(heat: NDArray[np.float32]) -> bool:
    return not np.ptp(heat)


def _tile(label: str, heat: NDArray[np.float32], kind: TileKind, form: SignalForm | None) -> HeatTile:
    """A map; where it is the same everywhere, that in words: its colours would say nothing, on no scale."""
    if _is_flat(heat):
        part = "pixel" if form is None else "sample"
        return HeatTile(label, None, f"{'the same' if heat.any() else '0'} at every {part}")
    return HeatTile(label, heat, kind=kind)


def _compared(
    label: str, made: Attribution | None, check: SanityCheck | None, kind: TileKind, form: SignalForm | None
) -> HeatTile:
    """The map that this one should not look like; why there is none, where there is none."""
    if made is not None:
        return _tile(label, made.map, kind, form)
    return HeatTile(label, None, check.sentence if check is not None else "could not be made here")


def _sentence(made: Attribution, strip: SanityStrip | None) -> str:
    parts = [f"{made.target}: {made.score:.3g}".replace("-", "−")]
    if made.baseline_score is not None:
        parts[0] += f" ({made.baseline}: {made.baseline_score:.3g})".replace("-", "−")
    if strip is not None:
        parts.append(strip.sentence.removesuffix("."))
    elif _is_flat(made.map):
        parts.append("This map says nothing: it is the same everywhere")
    if made.method == "grad_cam" and not made.map.any():
        parts.append("Grad-CAM keeps only what raises the number, and at its resolution nothing does here")
    text = ". ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def _answer(check: SanityCheck) -> tuple[str, str, str]:
    """A check as a row of the table: its name, the answer with its number, and all of it behind the name."""
    answer = check.sentence.partition(": ")[2].partition(" (")[0]
    if answer == "partly" and check.passed:
        answer = "partly, which is enough"
    if check.name in ("destroyed", "shuffled") and math.isfinite(check.value):
        answer = f"{answer} · {check.value:.2f} alike".replace("-", "−")
    return _CHECKS[check.name], answer, check.sentence


def _score(made: Attribution, name: str, mask_share: float) -> tuple[str, str, str]:
    found = made.measure(name)
    assert found is not None  # only those are asked for
    by_chance = f" (a flat map: {mask_share:.2f})" if name == "iou_best" and math.isfinite(mask_share) else ""
    return _SHOWN[name], f"{number_words(found)}{by_chance}", found.meaning


def number_words(found: Measure) -> str:
    """A measure with its interval, where it has one."""
    if math.isnan(found.value):
        return "not measured"
    form = ".2f" if abs(found.value) < 100 else ",.0f"
    text = format(found.value, form)
    low, high = found.interval
    if math.isfinite(low) and math.isfinite(high):
        text += f" [{low:{form}}, {high:{form}}]"
    return text.replace("-", "−")

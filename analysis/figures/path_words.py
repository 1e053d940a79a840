"""What is written about a path: steps, trust, how the answer changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from xaae_core.signal_form import case_noun

if TYPE_CHECKING:
    from analysis.figures.filmstrip import PathFigure
    from analysis.traversals import Traversal

SIGNS: Mapping[str, str] = MappingProxyType({"good": "●", "caution": "▲", "poor": "✕"})
"""Of each level of trust, a shape: colour is never alone."""
TRUST_COLOURS: Mapping[str, str] = MappingProxyType({"good": "#009E73", "caution": "#B87400", "poor": "#C43C00"})
TRUST_HEIGHTS: Mapping[str, float] = MappingProxyType({"good": 1.0, "caution": 0.55, "poor": 0.2})
"""Of a bar for each step: the lower, the less it is to be believed."""


def signed(value: float, digits: int = 1) -> str:
    """A number with its sign, as people write it: +1.5, −0.3, 0."""
    words = f"{value:+.{digits}f}"
    return "0" if float(words) == 0 else words.replace("-", "−")


def step_label(path: Traversal, step: int) -> str:
    """What is written above a step."""
    return "0 SD" if step == path.origin else f"{signed(float(path.steps[step]))} SD"


def answer_label(figure: PathFigure) -> str:
    """What the curve under a path shows; "" where the model says nothing."""
    path = figure.traversal
    if path.values is not None:
        return f"predicted {figure.answer}".strip()
    if path.probabilities is None:
        return ""
    return f"p({figure.answer})" if figure.answer else "p"


def answer_at(figure: PathFigure, step: int) -> str:
    """What the model says of a step; "" where it says nothing."""
    path = figure.traversal
    if path.values is not None:
        return f"{path.values[step]:.3g}".replace("-", "−")
    return "" if path.probabilities is None else f"{path.probabilities[step, figure.class_index]:.2f}"


def found_at(figure: PathFigure, step: int) -> str:
    """How far a step is found along the direction when it is encoded again; "" where that was not measured."""
    return "" if figure.achieved is None else signed(float(figure.achieved[step]))


def way_words(path: Traversal) -> str:
    """Where + leads, as a sentence goes on: a dimension of z is called z[3]."""
    return f"along {path.target}" if path.target.startswith("z[") else f"towards {path.target}"


def trust_notes(figure: PathFigure) -> list[tuple[str, str]]:
    """Levels of the path that are not good, each with its commonest reason."""
    notes = []
    for level in ("caution", "poor"):
        reasons = Counter(
            reason for at, reason in zip(figure.levels, figure.reasons, strict=False) if at == level and reason
        )
        if reasons:
            notes.append((level, reasons.most_common(1)[0][0]))
    return notes


def path_caption(figure: PathFigure, shown: list[int]) -> str:
    """What is seen in a figure of a path, in full sentences."""
    path = figure.traversal
    steps = ", ".join(signed(float(path.steps[step])) for step in shown)
    noun = case_noun(path.signal_form)
    said = [
        f"The original and what the model decodes at {steps} standard deviations (SD) {way_words(path)}.",
        _change_words(figure),
        *_answer_words(figure),
    ]
    if figure.achieved is not None:
        said.append(
            f"Found again: how far the decoded {noun} lies along the direction when encoded again, against how far "
            f"was asked for (dashed: all of it); {signed(float(figure.achieved[0]))} and "
            f"{signed(float(figure.achieved[-1]))} SD at the ends."
        )
    if figure.levels:
        counts = ", ".join(f"{figure.levels.count(level)} {level}" for level in SIGNS if level in figure.levels)
        said.append(f"Trust of the {len(path.steps)} steps: {counts}.")
        said += [f"{level.capitalize()}: {reason}." for level, reason in trust_notes(figure)]
    return " ".join(said)


def _change_words(figure: PathFigure) -> str:
    path = figure.traversal
    if path.signal_form is not None:
        from analysis.figures.trace_lane_axes import channel_words

        return channel_words(path.signal_form.n_channels) + (
            "Each step lies over what is decoded at 0; the band between the two shows where it is higher and where "
            "lower. Every channel has one scale, in its unit, in all columns; time is in seconds."
        )
    n_channels = path.frames.shape[1]
    mean = f", as the mean of the {n_channels} channels" if n_channels > 1 else ""
    return (
        f"Below, the change against what is decoded at 0{mean}, on one scale from −{figure.limit:.0%} to "
        f"+{figure.limit:.0%} of the range from black to white."
    )


def _answer_words(figure: PathFigure) -> list[str]:
    path, label = figure.traversal, answer_label(figure)
    if not label:
        return []
    drawn = f"The curve is {label} along all {len(path.steps)} steps; its filled points are the steps that are drawn."
    flip = path.flip(figure.class_index)
    if flip is None:
        return [drawn] if path.values is not None else [drawn, "The decision does not change on this path."]
    return [drawn, f"The decision flips at {signed(flip, 2)} SD (vertical line)."]

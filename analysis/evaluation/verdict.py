"""Is this model good enough to explain? A short answer from its held-out figures, with the reasons."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Level = Literal["good", "caution", "poor", "unknown"]
_ORDER: tuple[Level, ...] = ("good", "caution", "poor")
_SENTENCES: Mapping[Level, str] = {
    "good": "Good enough to explain.",
    "caution": "Explain it with care.",
    "poor": "Not good enough to explain: what it would show is not the target.",
    "unknown": "Nothing was measured on cases it has not seen, so how far it may be explained is not known.",
}
_DRAWS_NOTHING = "Not good enough to explain: what it draws is not the case."
_FEW_TARGETS = 20
_PROBED = "asked by a linear probe on z: the model itself learned no labels"
_MISCALIBRATED = 0.15
_DRAWN = (0.1, 0.5)
_TELLS = (0.6, 0.75)
_RIGHT = 0.75


@dataclass(frozen=True)
class Verdict:
    """How far a model deserves an explanation.

    Attributes:
        level: "good", "caution", "poor"; "unknown" without held-out figures.
        sentence: the answer.
        reasons: one sentence each, those that decided first.
    """

    level: Level
    sentence: str
    reasons: tuple[str, ...]


def judge_metrics(metrics: Mapping[str, float]) -> Verdict:
    """Judge a model by the held-out figures that its card keeps.

    The lower end of the interval decides, not the figure itself: an AUROC of 0.80 from twenty cases may be chance, and
    is judged good only when more have shown it.

    Args:
        metrics: by name, of the test split where there is one, as `ClassifierQuality.metrics` and
            `RegressorQuality.metrics` give them; of a model that learned no labels those of `probe_metrics`, and of one
            that draws its `measure_drawn_share`.
    """
    figures = held_out_figures(metrics)
    is_probe = not figures
    figures = figures or probe_figures(metrics)
    if not figures:
        return Verdict("unknown", _SENTENCES["unknown"], ())
    findings = (
        _numbers(figures)
        if "spearman" in figures
        else _classes(figures, "z tells one class from the rest" if is_probe else "it tells its target from the rest")
    )
    drawn = _drawn(metrics) if is_probe else []
    findings = [*drawn, *findings, *(_answers(figures) if is_probe else [])]
    level = max((level for level, _ in findings), key=_ORDER.index)
    sentence = _DRAWS_NOTHING if any(found == "poor" for found, _ in drawn) else _SENTENCES[level]
    reasons = sorted(findings, key=lambda finding: -_ORDER.index(finding[0]))
    said = tuple(reason for _, reason in reasons)
    return Verdict(level, sentence, (*said, _PROBED) if is_probe else said)


def _drawn(metrics: Mapping[str, float]) -> list[tuple[Level, str]]:
    """How well a model that learned to draw does it; [] where that was not measured."""
    share = next((metrics[name] for name in ("test_drawn_share", "valid_drawn_share") if name in metrics), math.nan)
    if not math.isfinite(share):
        return []
    said = f"{max(share, 0):.0%} of what makes cases differ is there again when they are drawn from z"
    return [_by_bounds(share, _DRAWN, (
        f"it draws nearly the same whatever the case is: only {said}; longer training, more cases or, where there is "
        "one, a smaller β may help",
        f"it draws coarse shapes: {said}",
        said,
    ))]  # fmt: skip


def _answers(figures: Mapping[str, float]) -> list[tuple[Level, str]]:
    """Of a probe for several classes, whose AUROC tells of one of them only."""
    accuracy = figures.get("accuracy", 1.0)
    if accuracy >= _RIGHT:
        return []
    return [("caution", f"z tells the right class of {accuracy:.0%} of the cases only")]


def held_out_figures(metrics: Mapping[str, float]) -> dict[str, float]:
    """Figures of the test split, else of valid, without the split's name; {} without an AUROC or a Spearman."""
    for prefix in ("test_", "valid_"):
        found = {name.removeprefix(prefix): value for name, value in metrics.items() if name.startswith(prefix)}
        if any(math.isfinite(found.get(name, math.nan)) for name in ("auroc", "spearman")):
            return {name: value for name, value in found.items() if math.isfinite(value)}
    auroc = metrics.get("auroc", math.nan)
    return {"auroc": auroc} if math.isfinite(auroc) else {}


def probe_figures(metrics: Mapping[str, float]) -> dict[str, float]:
    """What `held_out_figures` gives of a linear probe's figures, of a model that learned no labels."""
    named = {name.replace("_probe_", "_", 1): value for name, value in metrics.items() if "_probe_" in name}
    return held_out_figures(named)


def _classes(figures: Mapping[str, float], told: str) -> list[tuple[Level, str]]:
    auroc = figures["auroc"]
    low, high = figures.get("auroc_low", auroc), figures.get("auroc_high", auroc)
    said = f"AUROC {_figure(auroc)}"
    if low < high:
        said += f", between {_figure(low)} and {_figure(high)} with 95 % confidence"
    findings = [_tells_apart(auroc, low, told, said)]
    if figures.get("target_cases", math.inf) < _FEW_TARGETS:
        findings.append(("caution", f"only {figures['target_cases']:.0f} held-out cases show the target"))
    if figures.get("calibration_error", 0.0) > _MISCALIBRATED:
        findings.append(
            ("caution", f"its probabilities are off by {figures['calibration_error']:.2f} on average: read their order")
        )
    for name, whom in (("sensitivity", "the target's cases"), ("specificity", "the other cases")):
        if figures.get(name, 1.0) < 0.5:
            findings.append(("caution", f"at its threshold it misses {1 - figures[name]:.0%} of {whom}"))
    return findings


def _tells_apart(auroc: float, low: float, told: str, said: str) -> tuple[Level, str]:
    """What an AUROC and the lower end of its interval say; a high one of a few cases is unsure, not bad."""
    if auroc >= _TELLS[1] and 0.5 < low < _TELLS[0]:
        return "caution", f"{told} in the few cases at hand, too few to be sure of it ({said})"
    return _by_bounds(low, _TELLS, (
        f"{told.replace('tells', 'hardly tells')} ({said}; 0.5 is guessing)",
        f"{told}, not well ({said})",
        f"{told} ({said})",
    ))  # fmt: skip


def _numbers(figures: Mapping[str, float]) -> list[tuple[Level, str]]:
    value = figures["spearman"]
    low, high = figures.get("spearman_low", value), figures.get("spearman_high", value)
    said = f"Spearman {value:.2f} [{low:.2f}, {high:.2f}]"
    findings = [_by_bounds(low, (0.2, 0.5), (
        f"it hardly orders the cases ({said}; 0 is guessing)",
        f"it orders the cases, not well ({said})",
        f"it orders the cases ({said})",
    ))]  # fmt: skip
    mae, reference = figures.get("mae", 0.0), figures.get("mae_of_median", math.inf)
    if mae >= reference:
        findings.append(("caution", f"it is off by {mae:.3g} on average, no less than a constant ({reference:.3g})"))
    return findings


def _figure(value: float) -> str:
    """Two decimals; three where two would round up to a perfect 1."""
    return f"{value:.3f}" if 0.995 <= value < 1 else f"{value:.2f}"


def _by_bounds(value: float, bounds: tuple[float, float], words: tuple[str, str, str]) -> tuple[Level, str]:
    if value < bounds[0]:
        return "poor", words[0]
    return ("caution", words[1]) if value < bounds[1] else ("good", words[2])

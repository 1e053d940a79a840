"""What a believable attribution map does: each check says what it found, and all together give one verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.attributions.attribution import Attribution, Measure
from analysis.evaluation.complexity import measure_completeness
from analysis.evaluation.faithfulness_curve import FaithfulnessCurve
from analysis.evaluation.heats import figure_in_words
from analysis.evaluation.likeness import Likeness
from analysis.evaluation.localisation import measure_localisation
from analysis.nouns import said_of

Verdict = Literal["believable", "doubtful", "fails"]
CheckName = Literal["destroyed", "shuffled", "random", "complete", "inside"]

_COMPLETE = 0.05
_UNKNOWN = (math.nan, math.nan)
_STARTS = {
    "destroyed": "changes when the model is destroyed",
    "shuffled": "differs from a direction fitted to shuffled labels",
    "random": "better than random at deletion",
    "complete": "adds up to the score",
    "inside": "more of it inside the mask than the mask's share",
}
_CAUTION = "Read this map with caution: "


@dataclass(frozen=True)
class SanityCheck:
    """One thing that a believable map does.

    Attributes:
        name: of the check.
        passed: whether the map does it; None: the check could not run, and does not count.
        value: what was measured; NaN where nothing was.
        interval: of the value; NaN where there is none.
        sentence: what was found, in plain words.
        reason: why the map should not be believed, as part of a sentence; "" where it passed or was not checked.
        is_decisive: whether not passing shows that the map is not about what the model has learned, so that it fails.
    """

    name: CheckName
    passed: bool | None
    value: float
    interval: tuple[float, float]
    sentence: str
    reason: str = ""
    is_decisive: bool = False

    def measure(self) -> Measure:
        """The check as a measure of the map, "sanity: destroyed" and the like."""
        return Measure(f"sanity: {self.name}", self.value, self.interval, self.sentence)


def could_not_run(name: CheckName, why: str) -> SanityCheck:
    """A check without an answer, and why."""
    return SanityCheck(name, None, math.nan, _UNKNOWN, f"{_STARTS[name]}: not checked: {why}")


def in_words_of(model: object, check: SanityCheck) -> SanityCheck:
    """The check in the words of what a model takes: pictures or signals."""
    return replace(check, sentence=said_of(model, check.sentence), reason=said_of(model, check.reason))


def check_destroyed(whole: Likeness, upper: Likeness | None) -> SanityCheck:
    """Whether the map changes when the model is destroyed.

    Args:
        whole: how much of the map is left when all layers are random.
        upper: when all but the one that sees the picture are; None: there is only one. The larger counts: a map of
            edges comes from that layer alone, and published failures show there (Adebayo et al. 2018, figure 2).
    """
    worse = whole if upper is None or whole.value >= upper.value else upper
    note = "" if worse is whole else "; its first layer kept"
    reasons = {
        "no": "it hardly changes when the model is destroyed",
        "partly": "part of it stays when the model is destroyed",
    }
    return _compare("destroyed", worse, note, reasons)


def check_shuffled(likeness: Likeness, *, is_stand_in: bool) -> SanityCheck:
    """Whether the map differs from those of directions that were fitted to shuffled labels.

    "partly" passes: the encoder is the same, so that part of the map has to stay.

    Args:
        likeness: of the map with those of shuffled directions.
        is_stand_in: whether the map explains a class or a number, for which the direction stands in.
    """
    note = "; the direction stands in for a model trained on shuffled labels" if is_stand_in else ""
    return _compare("shuffled", likeness, note, {"no": "it hardly changes when the labels are shuffled"})


def check_random(curve: FaithfulnessCurve) -> SanityCheck:
    """Whether the map is better than itself at random places at finding what the score is made of.

    Being worse is not decisive: a picture with holes is unlike those that the model knows, and what it then says may be
    about the holes (Hooker et al. 2019).
    """
    if curve.obstacle:
        return could_not_run("random", curve.obstacle)
    how = {True: "", None: "it is not clearly better than random", False: "it is worse than random"}[curve.is_better]
    reason = f"{how} at deletion" if how else ""
    return SanityCheck("random", not reason, curve.advantage, curve.interval, curve.sentence(), reason)


def check_complete(attribution: Attribution) -> SanityCheck | None:
    """Whether the map adds up to the score, within 5 %; None for a method that does not promise it."""
    if attribution.convergence_delta is None:
        return None
    found = measure_completeness(attribution)
    if not math.isfinite(found.value):
        return could_not_run("complete", found.meaning)
    is_complete = found.value <= _COMPLETE
    share = f"{found.value:.1%}" if found.value < 10 else f"{found.value:.0f} times"
    words = f"{_answered('complete', is_complete)} (misses {share} of the difference to the baseline)"
    reason = "" if is_complete else "it does not add up to the score"
    return SanityCheck("complete", is_complete, found.value, _UNKNOWN, words, reason)


def check_inside(attribution: Attribution, mask: NDArray[Any]) -> SanityCheck:
    """Whether the map is stronger inside a mask than a map that is the same everywhere.

    Raises:
        MaskError: a mask of another size, or one without an inside or outside.
    """
    found = measure_localisation(attribution.map, np.asarray(mask, np.bool_))
    is_inside = found.energy_inside > found.mask_share
    shares = f"{found.energy_inside:.0%} of it, the mask is {found.mask_share:.0%} of the picture"
    words = f"{_answered('inside', is_inside)} ({shares})"
    reason = "" if is_inside else "no more of it is inside the mask than anywhere"
    return SanityCheck("inside", is_inside, found.energy_inside, _UNKNOWN, words, reason)


def judge_checks(checks: Sequence[SanityCheck]) -> tuple[Verdict, str]:
    """One verdict from all checks, never better than the worst of them, and why; see `sanity.SanityStrip`."""
    failed = [check for check in checks if check.passed is False]
    decisive = [check for check in failed if check.is_decisive]
    if failed:
        reasons = ", and ".join(check.reason for check in decisive or failed)
        return ("fails", f"Do not rely on this map: {reasons}.") if decisive else ("doubtful", f"{_CAUTION}{reasons}.")
    if not any(check.name == "destroyed" and check.passed for check in checks):
        return "doubtful", f"{_CAUTION}whether it depends on what the model has learned could not be checked."
    n_run = sum(check.passed is not None for check in checks)
    passed = "its only check" if n_run == 1 else f"all {n_run} checks"
    left = f"; {len(checks) - n_run} could not run" if n_run < len(checks) else ""
    return "believable", f"This map may be believed: it passes {passed}{left}."


def _compare(name: CheckName, likeness: Likeness, note: str, reasons: Mapping[str, str]) -> SanityCheck:
    """A check that asks how much of the map is left; an answer with a reason against the map is not passed."""
    if not likeness.is_stable:
        words = (
            f"{_STARTS[name]}: cannot be told: noise that no eye sees changes the map as much "
            f"(similarity with itself {figure_in_words(likeness.itself)})"
        )
        return SanityCheck(name, False, likeness.value, likeness.interval, words, "noise that no eye sees changes it")
    answer = likeness.changes
    words = f"{_STARTS[name]}: {answer} ({likeness.numbers()}{note})"
    reason = reasons.get(answer, "")
    return SanityCheck(name, not reason, likeness.value, likeness.interval, words, reason, answer == "no")


def _answered(name: CheckName, answer: bool) -> str:
    return f"{_STARTS[name]}: {'yes' if answer else 'no'}"

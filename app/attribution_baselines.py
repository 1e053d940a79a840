"""What cases are compared with: named as the page and `--baseline` name it, made of the case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analysis.attributions import Baseline
    from xaae_core.signal_form import SignalForm

BaselineName = Literal["black", "level", "zero", "blurred"]
BASELINE_WORDS: dict[BaselineName, str] = {
    "black": "black",
    "level": "each channel's own mean",
    "zero": "zero in the channels' units",
    "blurred": "the picture itself, blurred",
}
_OF_PICTURES: tuple[BaselineName, ...] = ("black", "blurred")
_OF_SIGNALS: tuple[BaselineName, ...] = ("level", "zero", "blurred")


def baselines_of(form: SignalForm | None) -> tuple[BaselineName, ...]:
    """Those that suit pictures, or signals of a form; the usual one first."""
    return _OF_PICTURES if form is None else _OF_SIGNALS


def usual_baseline(name: BaselineName, form: SignalForm | None) -> BaselineName:
    """The name, or the usual one where it does not suit: nothing is black in a signal."""
    return name if name in baselines_of(form) else baselines_of(form)[0]


def suited_baseline(name: str | None, form: SignalForm | None) -> BaselineName | Literal["mean"]:
    """The baseline of a name, the usual one where none is named.

    Raises:
        AttributionError: it does not suit pictures, or signals.
    """
    from xaae_core.errors import AttributionError

    offered = baselines_of(form)
    if name == "mean":
        return "mean"
    if name is not None and name not in offered:
        kind = "pictures" if form is None else "signals"
        raise AttributionError(f"--baseline {name} does not suit {kind}: choose {', '.join(offered)} or mean")
    return next((each for each in offered if each == name), offered[0])


def make_baseline(name: BaselineName, pixels: NDArray[Any], form: SignalForm | None) -> Baseline:
    """What a picture [C, H, W], or a signal [1, C, T] of a form, is compared with."""
    from analysis.attributions import black_baseline, blurred_baseline, level_baseline, zero_baseline

    suiting = usual_baseline(name, form)
    if suiting == "blurred":
        return blurred_baseline(pixels, form=form)
    if form is None:
        return black_baseline(pixels.shape)
    return zero_baseline(form) if suiting == "zero" else level_baseline(pixels)

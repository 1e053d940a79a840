"""Grey scales: which stored values become black and which become white."""

from typing import Any, Literal, TypeAlias

import numpy as np

Window: TypeAlias = tuple[float, float]
"""(centre, width) in the units of the picture, such as Hounsfield units; the width is above 0."""

WindowFunction: TypeAlias = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]
WINDOW_FUNCTIONS: tuple[WindowFunction, ...] = ("LINEAR", "LINEAR_EXACT", "SIGMOID")

_LARGEST = 1e30  # far above any unit, far below where differences of float32 overflow

Grey: TypeAlias = "np.ndarray[Any, np.dtype[np.float32]]"


def is_window(window: object) -> bool:
    """Whether a value is two finite numbers, the second above 0."""
    if not isinstance(window, list | tuple) or len(window) != 2:
        return False
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in window):
        return False
    return all(abs(value) <= _LARGEST for value in window) and window[1] > 0  # NaN is not either


def check_window(window: Window | None) -> None:
    """Raise ValueError for what is neither None nor a window."""
    if window is not None and not is_window(window):
        raise ValueError(f"window is {window!r}; expected (centre, width), two finite numbers, the width above 0")


def apply_window(values: np.ndarray[Any, Any], window: Window, *, function: WindowFunction = "LINEAR_EXACT") -> Grey:
    """Map values to grey by a window.

    With x a value, c the centre and w the width (DICOM PS3.3 C.11.2.1.2 and C.11.2.1.3):
    LINEAR is (x − (c − 0.5)) / (w − 1) + 0.5, made for whole numbers, w at least 1;
    LINEAR_EXACT is (x − c) / w + 0.5; SIGMOID is 1 / (1 + exp(−4 (x − c) / w)).

    Args:
        values: of any shape, real numbers.
        window: (centre, width).
        function: the windows that a user or a model card gives are LINEAR_EXACT, whatever a file says, so that
            they mean the same in every picture and kind of file.

    Returns:
        float32 of the same shape, clipped to [0, 1]; NaN stays NaN.
    """
    centre, width = window
    if function == "SIGMOID":
        with np.errstate(over="ignore", invalid="ignore"):  # far below the window 1 / (1 + inf) is the right 0
            scaled = (_as_float(values) - centre) * (-4 / width)
            return (1 / (1 + np.exp(scaled))).astype(np.float32)
    if function == "LINEAR":
        if width <= 1:
            return (values > centre - 0.5).astype(np.float32)
        return scale_range(values, centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2)
    return scale_range(values, centre - width / 2, centre + width / 2)


def scale_range(values: np.ndarray[Any, Any], low: float, high: float) -> Grey:
    """Map low to 0 and high to 1 in a straight line, clipped; where they are equal, all above is 1.

    Args:
        values: of any shape, real numbers.
        low: what becomes black.
        high: what becomes white, at least `low`.
    """
    if high <= low:
        return (values > low).astype(np.float32)
    with np.errstate(all="ignore"):  # damaged files hold values near the ends of float64
        scaled = _as_float(values)
        scaled -= low
        scaled /= high - low
        return np.clip(scaled, 0, 1, out=scaled).astype(np.float32, copy=False)


def _as_float(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A new array: float32 where that holds the values exactly (up to 16 bits), else float64."""
    return values.astype(np.float32 if values.dtype.itemsize <= 2 else np.float64)

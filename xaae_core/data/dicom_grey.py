"""From stored values of a DICOM picture to grey, by the steps of PS3.3 C.11 and PS3.4 N.2."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from xaae_core.data.damage import element_damage_reported
from xaae_core.data.dicom_header import DicomHeader, read_numbers
from xaae_core.data.dicom_pixels import PixelFacts
from xaae_core.data.lookup_tables import LookupTable, read_table
from xaae_core.data.windows import WINDOW_FUNCTIONS, Grey, Window, WindowFunction, apply_window, scale_range
from xaae_core.errors import ImageError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_DARK = 1 / 16  # of the full scale: a picture or table that uses less of it looks black


@dataclass(frozen=True, eq=False)
class GreySteps:
    """What a file says of the way from stored values to grey.

    Attributes:
        table: modality lookup table, instead of slope and intercept.
        slope: of the rescale.
        intercept: of the rescale.
        voi: lookup table from modality values to grey.
        windows: (centre, width) of each usable window, in modality values.
        function: how the windows are meant.
        padding: lowest and highest stored value that is no picture; None without.
        notes: what was left out, one sentence each.
    """

    table: LookupTable | None
    slope: float
    intercept: float
    voi: LookupTable | None
    windows: tuple[Window, ...]
    function: WindowFunction
    padding: tuple[float, float] | None
    notes: tuple[str, ...]


def read_grey_steps(header: DicomHeader, facts: PixelFacts, frame: int) -> GreySteps:
    """Collect the steps for one frame; what multi-frame objects say for the frame goes before what is said for all.

    Raises:
        ImageError: an element or a table that cannot be understood.
    """
    notes: list[str] = []
    rescale = _source_of(header, frame, "PixelValueTransformationSequence", "RescaleSlope")
    window = _source_of(header, frame, "FrameVOILUTSequence", "WindowCenter")
    tables = header.items("ModalityLUTSequence")
    table = read_table(tables[0], header.name, is_signed=facts.is_signed) if tables else None
    slope, intercept = (read_numbers(rescale, key, header.name) for key in ("RescaleSlope", "RescaleIntercept"))
    is_rescaled = bool(slope and intercept) and table is None
    if is_rescaled and slope[0] == 0:
        is_rescaled = False
        notes.append("its rescale slope is 0 and is not used")
    looks = header.items("VOILUTSequence")
    is_below_0 = facts.is_signed or (is_rescaled and intercept[0] < 0)
    voi = read_table(looks[0], header.name, is_signed=is_below_0) if looks else None
    if len(looks) > 1:
        notes.append(f"the first of its {len(looks)} lookup tables for grey is used")
    windows, function = _read_windows(window, header.name, notes)
    return GreySteps(
        table=table,
        slope=slope[0] if is_rescaled else 1.0,
        intercept=intercept[0] if is_rescaled else 0.0,
        voi=voi,
        windows=windows,
        function=function,
        padding=_read_padding(header, facts),
        notes=tuple(notes),
    )


def to_grey(
    stored: np.ndarray[Any, Any], facts: PixelFacts, steps: GreySteps, window: Window | None, name: str
) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """Grey of one frame, on a scale that does not depend on what is in it.

    The scale is `window`, else the file's lookup table, else its first window, else the full range of the stored
    bits. Padding is black, and so is what is no number.

    Args:
        stored: [H, W], as `read_frame` gives them.
        facts: see `find_pixels`.
        steps: see `read_grey_steps`.
        window: (centre, width) in modality values (Hounsfield units for CT), LINEAR_EXACT.
        name: what messages call the picture.

    Returns:
        [H, W] float32 in [0, 1], or uint8 where 8 stored bits are shown as they are; and notes.

    Raises:
        ImageError: real numbers without any window.
    """
    notes = list(steps.notes)
    low, high = _full_range(facts, steps)
    is_plain = (window, steps.table, steps.voi, steps.windows) == (None, None, None, ()) and facts.kind == "PixelData"
    if is_plain and facts.bits_stored == 8 and (low, high) == (0, 255) and steps.slope == 1:
        grey: np.ndarray[Any, Any] = stored.astype(np.uint8)
    else:
        grey = _scaled(stored, facts, steps, window, name, (low, high), notes)
    if facts.photometric == "MONOCHROME1":
        grey = (255 if grey.dtype == np.uint8 else 1) - grey
    hidden = _hidden(stored, steps)
    if hidden.any():
        grey[hidden] = 0
        notes.append(f"{'padding' if stored.dtype.kind != 'f' else 'what is no number'} is shown as black")
    return grey, tuple(notes)


def _scaled(
    stored: np.ndarray[Any, Any],
    facts: PixelFacts,
    steps: GreySteps,
    window: Window | None,
    name: str,
    full: tuple[float, float],
    notes: list[str],
) -> Grey:
    values = _modality_values(stored, facts, steps)
    if window is not None:
        return apply_window(values, window)
    if steps.voi is not None:
        if steps.voi.entries.max() <= steps.voi.highest * _DARK:
            notes.append("the brightest entry of its lookup table is a small part of its depth, so it is almost black")
        return scale_range(steps.voi.look_up(values), 0, steps.voi.highest)
    if steps.windows:
        if len(steps.windows) > 1:
            notes.append(f"the first of its {len(steps.windows)} windows is used: {in_words(steps.windows[0])}")
        return apply_window(values, steps.windows[0], function=steps.function)
    if facts.kind != "PixelData":
        raise ImageError(
            f"{name}: its pixels are real numbers without a window, so that no scale of grey is known: "
            "give one as window=(centre, width)"
        )
    grey = scale_range(values, *full)
    if facts.bits_stored > 8 or full != (0, (1 << facts.bits_stored) - 1):
        units = " after rescale" if (steps.slope, steps.intercept) != (1, 0) or steps.table else ""
        notes.append(f"it has no window: its full range{units}, {full[0]:g} to {full[1]:g}, is black to white")
        if np.ptp(grey) <= _DARK:
            notes.append("it uses less than a sixteenth of that range, so it shows little: give a window")
    return grey


def in_words(window: Window) -> str:
    """A window as "centre 40, width 400"."""
    return f"centre {window[0]:g}, width {window[1]:g}"


def _modality_values(stored: np.ndarray[Any, Any], facts: PixelFacts, steps: GreySteps) -> np.ndarray[Any, Any]:
    if steps.table is not None:
        return steps.table.look_up(stored)
    if (steps.slope, steps.intercept) == (1, 0):
        return stored
    values: np.ndarray[Any, Any] = stored.astype(np.float32 if facts.bits_stored <= 16 else np.float64)
    values *= steps.slope
    values += steps.intercept
    return values


def _full_range(facts: PixelFacts, steps: GreySteps) -> tuple[float, float]:
    """Lowest and highest modality value that the stored bits can give."""
    if steps.table is not None:
        return 0, steps.table.highest
    half, whole = float(1 << facts.bits_stored - 1), float((1 << facts.bits_stored) - 1)
    ends = (-half, half - 1) if facts.is_signed else (0, whole)
    low, high = sorted(end * steps.slope + steps.intercept for end in ends)
    return low, high


def _hidden(stored: np.ndarray[Any, Any], steps: GreySteps) -> np.ndarray[Any, Any]:
    """Where there is no picture [H, W]: padding by PS3.3 C.7.5.1.1.2, and what is no number."""
    hidden = np.isnan(stored) if stored.dtype.kind == "f" else np.zeros(stored.shape, np.bool_)
    if steps.padding is not None:
        hidden |= (stored >= steps.padding[0]) & (stored <= steps.padding[1])
    return hidden


def _source_of(header: DicomHeader, frame: int, group: str, keyword: str) -> "Dataset":
    """The data set that has a frame's element: its functional group, the shared one, or the file's own elements."""
    for sequence, index in (("PerFrameFunctionalGroupsSequence", frame), ("SharedFunctionalGroupsSequence", 0)):
        groups = header.items(sequence)
        with element_damage_reported(header.name, "what it says of single frames"):
            found = [element for item in groups[index : index + 1] for element in (item.get(group) or ())[:1]]
            if found and keyword in found[0]:
                return found[0]
    return header.elements


def _read_windows(elements: "Dataset", name: str, notes: list[str]) -> tuple[tuple[Window, ...], WindowFunction]:
    with element_damage_reported(name, "the function of its window"):
        word = str(elements.get("VOILUTFunction") or "LINEAR").strip().upper()
    function = next((known for known in WINDOW_FUNCTIONS if known == word), None)
    centres, widths = (read_numbers(elements, key, name) for key in ("WindowCenter", "WindowWidth"))
    least = 1.0 if function in ("LINEAR", None) else 0.0
    windows = tuple(pair for pair in zip(centres, widths, strict=False) if pair[1] >= least and pair[1] > 0)
    if centres and not windows:
        notes.append("its window has no width and is not used")
    elif windows and function is None:
        notes.append("the function of its window is not in the standard; LINEAR is used")
    return windows, function or "LINEAR"


def _read_padding(header: DicomHeader, facts: PixelFacts) -> tuple[float, float] | None:
    values = read_numbers(header.elements, "PixelPaddingValue", header.name)
    if not values:
        return None
    limit = read_numbers(header.elements, "PixelPaddingRangeLimit", header.name) or values
    ends = [_in_range(value, facts) for value in (values[0], limit[0])]
    return min(ends), max(ends)


def _in_range(value: float, facts: PixelFacts) -> float:
    """A padding value in the type of the pixels: some files write −2000 as 63536, or the other way round."""
    span = 1 << facts.bits_allocated
    if facts.is_signed and value >= span / 2:
        return value - span
    return value + span if not facts.is_signed and value < 0 else value

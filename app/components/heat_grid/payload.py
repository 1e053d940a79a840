"""What the grid of maps is given: one picture or signal, rows of maps of it, and the words beside them."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from xaae_core.errors import XaaeError
from xaae_core.signal_form import SignalForm

TileKind = Literal["signed", "positive"]
Verdict = Literal["good", "doubtful", "bad", ""]
_TILE_WORDS = ("label", "note", "kind", "is_stale", "has_own_scale")
MOST_IN_STRIP = 4
MOST_PIXELS = 4096  # on a side
MOST_SAMPLES = 4_000_000  # of all channels of a signal


class HeatGridError(XaaeError, ValueError):
    """Maps that cannot be shown: a shape, a kind or a value does not fit."""


@dataclass(frozen=True, eq=False)
class HeatTile:
    """One map.

    Attributes:
        label: what it is, in a few words.
        heat: the map [H, W], finite; kept as a read-only view. None: there is none (yet).
        note: shown in its place where `heat` is None.
        kind: "signed" (zero in the middle) or "positive" (no number below zero).
        is_stale: the settings have changed since it was made; it is greyed.
        has_own_scale: its numbers cannot be compared with the row's large map (a random map, another unit); "same
            scale in a row" leaves it alone.
        spread: of a signal's mean map, what its cases differ by [C, T], 0 or more: such a map is drawn as a curve along
            time with a band so wide on both sides. None: it is drawn behind the trace.

    Raises:
        HeatGridError: a map that is not [H, W], not finite, or below zero though "positive".
    """

    label: str
    heat: NDArray[np.float32] | None
    note: str = ""
    kind: TileKind = "signed"
    is_stale: bool = False
    has_own_scale: bool = False
    spread: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(TileKind):
            raise HeatGridError(f'tile "{self.label}" is of kind {self.kind!r}; expected "signed" or "positive"')
        if self.heat is not None:
            object.__setattr__(self, "heat", _checked_heat(self.label, self.heat, self.kind))
        if self.spread is not None:
            spread = _checked_heat(f"spread of {self.label}", self.spread, "positive")
            if self.heat is None or spread.shape != self.heat.shape:
                raise HeatGridError(
                    f'the spread of tile "{self.label}" is {spread.shape}; expected the shape of its map'
                )
            object.__setattr__(self, "spread", spread)


@dataclass(frozen=True, eq=False)
class HeatRow:
    """One method: its map, the maps it should not look like, and what is to be thought of it.

    Attributes:
        id: names the row; the same row of a later payload is updated in place.
        title: the method, in words.
        sentence: what is seen and what must not be concluded.
        verdict: "good", "doubtful", "bad", or "" where it was not judged.
        verdict_words: the verdict in a word or two.
        main: the map.
        strip: up to 4 maps to compare it with.
        scores: (name, value as text, help) each.
        unit: of the map's numbers; "" takes the payload's.
        ends: what the two ends of this row's colours mean; None takes the payload's.

    Raises:
        HeatGridError: no id, an unknown verdict, or more than 4 maps in the strip.
    """

    id: str
    title: str
    sentence: str
    verdict: Verdict
    verdict_words: str
    main: HeatTile
    strip: tuple[HeatTile, ...] = ()
    scores: tuple[tuple[str, str, str], ...] = ()
    unit: str = ""
    ends: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        if not self.id:
            raise HeatGridError(f'the row "{self.title}" has no id; pass a name that stays the same over reruns')
        if self.verdict not in get_args(Verdict):
            raise HeatGridError(f'verdict of "{self.id}" is {self.verdict!r}; expected good, doubtful, bad or ""')
        if len(self.strip) > MOST_IN_STRIP:
            raise HeatGridError(
                f'the strip of "{self.id}" has {len(self.strip)} maps; expected at most {MOST_IN_STRIP}'
            )

    @property
    def tiles(self) -> tuple[HeatTile, ...]:
        """The map and those it is compared with."""
        return (self.main, *self.strip)


@dataclass(frozen=True, eq=False)
class HeatGridPayload:
    """Attribution maps of one picture, or of one signal.

    Attributes:
        picture: what was explained, [C, H, W] in [0, 1] with 1 or 3 channels; a signal [1, C, T] as its model takes it.
        rows: one a method, each with its own id.
        mask: where the finding is, bool [H, W]. None: not known.
        mask_name: what the mask shows, in a word or two.
        unit: of the maps' numbers, such as "logits".
        caption: a line above the rows, such as the case and the target.
        ends: what the two ends of the colours mean, below zero and above.
        strip_note: a line under each strip: how to read it.
        form: what the signal looks like, whose maps [C, T] are drawn along time; None of a picture.

    Raises:
        HeatGridError: naming what does not fit, what was expected and what to do.
    """

    picture: NDArray[np.float32]
    rows: tuple[HeatRow, ...]
    mask: NDArray[np.bool_] | None = None
    mask_name: str = "mask"
    unit: str = ""
    caption: str = ""
    ends: tuple[str, str] = ("takes from the target", "adds to the target")
    strip_note: str = "For comparison: a map that speaks of this model looks unlike these."
    form: SignalForm | None = None

    def __post_init__(self) -> None:
        check = _checked_picture if self.form is None else partial(_checked_signal, form=self.form)
        object.__setattr__(self, "picture", check(self.picture))
        object.__setattr__(self, "rows", tuple(self.rows))
        _check_rows(self.rows, self.size)
        if self.mask is not None:
            object.__setattr__(self, "mask", _checked_mask(self.mask, self.size))

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        height, width = self.picture.shape[1:]
        return int(height), int(width)

    @cached_property
    def fingerprint(self) -> str:
        """Digest of everything that is drawn; equal payloads have equal fingerprints."""
        words = [self.words(), [(row.id, row_words(row)) for row in self.rows]]
        digest = hashlib.blake2b(json.dumps(words, sort_keys=True).encode(), digest_size=16)
        tiles = [tile for row in self.rows for tile in row.tiles]
        arrays = [self.picture, self.mask, *(tile.heat for tile in tiles), *(tile.spread for tile in tiles)]
        for array in arrays:
            digest.update(b"-" if array is None else digest_array(array).encode())
        return digest.hexdigest()

    def words(self) -> dict[str, object]:
        """What is written above the rows and beside all of them, ready for JSON."""
        words = {"mask_name": self.mask_name, "unit": self.unit, "caption": self.caption, "ends": list(self.ends)}
        return words | {"size": list(self.size), "strip_note": self.strip_note, "form": self._form_words()}

    def _form_words(self) -> dict[str, object] | None:
        form = self.form
        if form is None:
            return None
        return {"names": list(form.channel_names), "units": list(form.units), "rate": form.sampling_rate}


def row_words(row: HeatRow) -> dict[str, object]:
    """Everything of a row but its numbers, ready for JSON."""
    tiles = [{name: getattr(tile, name) for name in _TILE_WORDS} for tile in row.tiles]
    words = {"title": row.title, "sentence": row.sentence, "verdict": row.verdict, "unit": row.unit}
    scores = [list(score) for score in row.scores]
    ends = None if row.ends is None else list(row.ends)
    return words | {"id": row.id, "verdict_words": row.verdict_words, "scores": scores, "tiles": tiles, "ends": ends}


def digest_array(values: NDArray[Any]) -> str:
    """Digest of an array's shape, type and values."""
    digest = hashlib.blake2b(f"{values.shape}{values.dtype}".encode(), digest_size=16)
    digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()


def _checked_heat(label: str, heat: NDArray[Any], kind: TileKind) -> NDArray[np.float32]:
    values = np.asarray(heat, dtype=np.float32).view()
    if values.ndim != 2 or not values.size:
        raise HeatGridError(f'map "{label}" has shape {np.shape(heat)}; expected [H, W]: sum over the channels first')
    n_bad = int(values.size - np.isfinite(values).sum())
    if n_bad:
        raise HeatGridError(
            f'map "{label}" has {n_bad} numbers of {values.size} that are not finite; expected none: pass heat=None '
            "and say in the note why there is no map"
        )
    lowest = float(values.min())
    if kind == "positive" and lowest < -1e-6 * float(np.abs(values).max()):
        raise HeatGridError(f'map "{label}" is "positive" but goes down to {lowest:.3g}; pass kind="signed"')
    values.flags.writeable = False
    return values


def _checked_picture(picture: NDArray[Any]) -> NDArray[np.float32]:
    values = np.asarray(picture, dtype=np.float32).view()
    if values.ndim != 3 or values.shape[0] not in (1, 3) or not values.size:
        raise HeatGridError(f"picture has shape {values.shape}; expected [C, H, W] with 1 or 3 channels")
    if max(values.shape) > MOST_PIXELS:
        raise HeatGridError(
            f"picture is {values.shape[2]}×{values.shape[1]} px; expected at most {MOST_PIXELS}: resize"
        )
    low, high = float(values.min()), float(values.max())
    if not (low >= -1e-6 and high <= 1 + 1e-6):  # written so that NaN fails
        raise HeatGridError(f"picture runs from {low} to {high}; expected [0, 1]: pass it as the model is given it")
    values.flags.writeable = False
    return values


def _checked_signal(picture: NDArray[Any], *, form: SignalForm) -> NDArray[np.float32]:
    values = np.asarray(picture, dtype=np.float32).view()
    if values.shape != (1, form.n_channels, form.length):
        raise HeatGridError(f"signal has shape {values.shape}; expected {(1, form.n_channels, form.length)}")
    if values.size > MOST_SAMPLES:
        raise HeatGridError(
            f"signal has {values.size:,} samples; expected at most {MOST_SAMPLES:,}: explain a part of it"
        )
    if not np.isfinite(values).all():
        raise HeatGridError("signal has values that are not finite; expected numbers: pass it as the model is given it")
    values.flags.writeable = False
    return values


def _checked_mask(mask: NDArray[Any], size: tuple[int, int]) -> NDArray[np.bool_]:
    values = np.asarray(mask).view()
    if values.dtype != np.bool_ or values.shape != size:
        raise HeatGridError(
            f"mask is {values.dtype} {values.shape}; expected bool {size}, the picture's size: resize it as the "
            "picture was, with nearest neighbours"
        )
    values.flags.writeable = False
    return values


def _check_rows(rows: tuple[HeatRow, ...], size: tuple[int, int]) -> None:
    if not rows:
        raise HeatGridError("there are no rows; expected at least one: choose a method, or do not draw the grid yet")
    ids = [row.id for row in rows]
    repeated = sorted({name for name in ids if ids.count(name) > 1})
    if repeated:
        raise HeatGridError(f"rows share the ids {repeated}; expected one of each: add the settings to the id")
    for row in rows:
        for tile in row.tiles:
            if tile.heat is not None and tile.heat.shape != size:
                raise HeatGridError(
                    f'map "{tile.label}" of row "{row.id}" is {tile.heat.shape}; expected {size}, the picture\'s '
                    "size: explain the picture that is shown"
                )

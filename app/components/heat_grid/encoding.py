"""From a HeatGridPayload to the one block of bytes that the browser is sent.

The block: ``XHG1``, the length of the header (uint32, little endian), the header (JSON), then the picture (PNG, or
lossless WebP for colour) and the maps one after the other, little endian. A map is int16 with a scale; one whose
strongest pixels are so far beyond the colours' end that int16 would be too coarse is float32. A signal takes the place
of the picture: float32 in the channels' units, channel after channel.
"""

import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.figures.heat_layers import colour_limit
from app.components.heat_grid.colours import attribution_colours
from app.components.heat_grid.outline import trace_outline, trace_spans
from app.components.heat_grid.payload import HeatGridPayload, digest_array, row_words
from app.components.path_viewer.encoding import encode_picture, grey_levels

MAGIC = b"XHG1"
_MOST_BEYOND = 6.0
"""Largest |map| in limits that int16 carries: 6 / 32767 / 2 is 0.92e-4 of the limit, just below what is promised."""

NumberType = Literal["int16", "float32"]


@dataclass(frozen=True)
class QuantisedHeat:
    """A map as it is sent.

    Attributes:
        number_type: of the numbers, "int16" or "float32".
        scale: the map is the numbers times this; 1 for float32.
        limit: size of attribution at the ends of the colours, as in the exported figure.
        data: the numbers [H·W], little endian.
    """

    number_type: NumberType
    scale: float
    limit: float
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class EncodedGrid:
    """Maps as the browser is sent them.

    Attributes:
        fingerprint: of the payload they were made from.
        blob: the bytes; equal payloads give equal bytes.
        picture: the compressed picture by digest, for the next payload.
        heats: the quantised maps by digest, for the next payload.
    """

    fingerprint: str
    blob: bytes = field(repr=False)
    picture: Mapping[str, tuple[str, bytes]] = field(repr=False)
    heats: Mapping[str, QuantisedHeat] = field(repr=False)


def quantise_heat(heat: NDArray[np.float32]) -> QuantisedHeat:
    """Turn a map into numbers of 16 bits, each less than 1e-4 of the colours' end away from its own.

    Args:
        heat: [H, W], finite.
    """
    limit = colour_limit(heat)
    largest = float(np.abs(heat).max())
    if largest > _MOST_BEYOND * limit:
        return QuantisedHeat("float32", 1.0, limit, heat.astype("<f4").tobytes())
    scale = (largest or 1.0) / 32767
    numbers = np.rint(heat.astype(np.float64) / scale).astype("<i2")
    return QuantisedHeat("int16", scale, limit, numbers.tobytes())


def encode_grid(payload: HeatGridPayload, *, key: str = "", previous: EncodedGrid | None = None) -> EncodedGrid:
    """Make the block of bytes for a grid of maps.

    Args:
        payload: picture, maps and words.
        key: names the grid on the page; the browser keeps zoom and sliders by it.
        previous: an earlier encoding, whose picture and maps are reused where they are the same.
    """
    body = _Body()
    picture_name = digest_array(payload.picture)
    known = {} if previous is None else previous.picture
    media_type, picture = known.get(picture_name) or _encoded_picture(payload)
    header: dict[str, object] = {
        **payload.words(),
        "key": key,
        "colours": attribution_colours().ravel().tolist(),
        "picture": {"digest": picture_name, "media_type": media_type, "channels": len(payload.picture)}
        | body.add(picture),
        "outline": _outline_header(payload.mask, is_signal=payload.form is not None),
    }
    heats: dict[str, QuantisedHeat] = {}
    rows = [row_words(row) for row in payload.rows]
    for row, words in zip(payload.rows, rows, strict=True):
        tiles: list[dict[str, object]] = words["tiles"]  # type: ignore[assignment]
        for tile, tile_words in zip(row.tiles, tiles, strict=True):
            if tile.heat is None:
                tile_words["digest"] = None
                continue
            name = digest_array(tile.heat)
            found = heats.get(name) or (previous.heats.get(name) if previous else None) or quantise_heat(tile.heat)
            heats[name] = found
            tile_words |= {"digest": name, "type": found.number_type, "scale": found.scale, "limit": found.limit}
            tile_words |= body.add(found.data, name=name)
            if tile.spread is not None:
                tile_words["spread"] = _spread_words(tile.spread, body)
    blob = _with_header(header | {"rows": rows}, body)
    return EncodedGrid(payload.fingerprint, blob, {picture_name: (media_type, picture)}, heats)


class _Body:
    """What lies behind the header; the same map is sent once, however many rows show it."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.places: dict[str, dict[str, int]] = {}
        self.length = 0

    def add(self, data: bytes, *, name: str = "") -> dict[str, int]:
        if name and name in self.places:
            return self.places[name]
        place = {"offset": self.length, "length": len(data)}
        self.parts.append(data)
        self.length += len(data)
        if name:
            self.places[name] = place
        return place


def _encoded_picture(payload: HeatGridPayload) -> tuple[str, bytes]:
    if payload.form is None:
        return encode_picture(grey_levels(payload.picture))
    return "float32", payload.form.in_units(payload.picture[0]).astype("<f4").tobytes()


def _spread_words(spread: NDArray[np.float32], body: _Body) -> dict[str, object]:
    name = digest_array(spread)
    found = quantise_heat(spread)
    words = {"digest": name, "type": found.number_type, "scale": found.scale, "limit": found.limit}
    return words | body.add(found.data, name=name)


def _outline_header(mask: NDArray[np.bool_] | None, *, is_signal: bool) -> dict[str, Any] | None:
    if mask is None:
        return None
    if is_signal:
        return {"spans": trace_spans(mask)}
    outline = trace_outline(mask)
    return {"upright": outline.upright.ravel().tolist(), "level": outline.level.ravel().tolist()}


def _with_header(header: dict[str, object], body: _Body) -> bytes:
    text = json.dumps(header, sort_keys=True, allow_nan=False).encode()  # picture and maps are in it by their digests
    digest = hashlib.blake2b(text, digest_size=16).hexdigest()
    text = json.dumps({"digest": digest, **header}, sort_keys=True, allow_nan=False).encode()
    return b"".join([MAGIC, struct.pack("<I", len(text)), text, *body.parts])

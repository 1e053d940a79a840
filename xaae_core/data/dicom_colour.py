"""From stored values of a DICOM picture to RGB of 8 bits a channel."""

from typing import Any

import numpy as np

from xaae_core.data.codec_process import DecodedFrame
from xaae_core.data.damage import element_damage_reported
from xaae_core.data.dicom_header import DicomHeader
from xaae_core.data.dicom_pixels import BIG_ENDIAN, PixelFacts
from xaae_core.data.lookup_tables import LookupTable, read_table
from xaae_core.errors import ImageError

_COLOURS = ("Red", "Green", "Blue")


def colour_to_rgb(frame: DecodedFrame, facts: PixelFacts, name: str) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """Colour samples as RGB.

    Args:
        frame: [H, W, 3]; its YBR, if it had any, is RGB already.
        facts: see `find_pixels`.
        name: what messages call the picture.

    Returns:
        uint8 [H, W, 3], and notes.

    Raises:
        ImageError: the codec gave another colour space than RGB, or samples below 0 are said to be there.
    """
    if frame.photometric != "RGB" or facts.is_signed:
        found = "signed" if facts.is_signed else frame.photometric
        raise ImageError(f"{name}: its colours are {found}; expected RGB without a sign: export it as RGB")
    return _in_8_bits(frame.array, facts.bits_stored)


def palette_to_rgb(
    stored: np.ndarray[Any, Any], facts: PixelFacts, header: DicomHeader
) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """Places in a palette as RGB (PS3.3 C.7.6.3.1.5); transparency is not applied.

    Args:
        stored: [H, W] places.
        facts: see `find_pixels`.
        header: holds the palette.

    Returns:
        uint8 [H, W, 3], and notes.

    Raises:
        ImageError: the palette is missing, damaged or shorter than it says.
    """
    if header.elements.get_item("RedPaletteColorLookupTableDescriptor") is None:
        raise ImageError(f"{header.name}: its colours are in a palette that is missing: export it as RGB")
    tables = [_palette_table(header, facts, colour) for colour in _COLOURS]
    bits, brightest = tables[0].bits, max(int(table.entries.max()) for table in tables)
    notes: tuple[str, ...] = ()
    if bits == 16 and brightest <= 255:
        bits, notes = 8, ("its palette says 16 bits a colour but has 8",)
    rgb = np.stack([table.look_up(stored) for table in tables], axis=-1)
    array, more = _in_8_bits(rgb, bits)
    return array, notes + more


def _palette_table(header: DicomHeader, facts: PixelFacts, colour: str) -> LookupTable:
    descriptor = f"{colour}PaletteColorLookupTableDescriptor"
    data = f"{colour}PaletteColorLookupTableData"
    if header.elements.get_item(data) is not None:
        return read_table(header.elements, header.name, is_signed=facts.is_signed, descriptor=descriptor, data=data)
    return _segmented_table(header, facts, colour, descriptor)


def _segmented_table(header: DicomHeader, facts: PixelFacts, colour: str, descriptor: str) -> LookupTable:
    """A palette that is stored as ramps (PS3.3 C.7.9.2), drawn by pydicom."""
    from pydicom.dataset import Dataset
    from pydicom.pixels.processing import apply_color_lut

    with element_damage_reported(header.name, "its palette"):
        n_entries, first, bits = (int(number) for number in header.elements[descriptor].value)
        n_entries = n_entries or 2**16
        single = Dataset()  # pydicom maps three channels: the same one three times
        single.set_original_encoding(False, header.syntax != BIG_ENDIAN)
        for other in _COLOURS:
            setattr(single, f"{other}PaletteColorLookupTableDescriptor", [n_entries % 2**16, 0, bits])
            ramps = header.elements[f"Segmented{colour}PaletteColorLookupTableData"].value
            setattr(single, f"Segmented{other}PaletteColorLookupTableData", ramps)
        entries = apply_color_lut(np.arange(n_entries, dtype=np.int64), single)[..., 0]
    return LookupTable(first - 2**16 if facts.is_signed and first > 32_767 else first, entries, bits)


def _in_8_bits(array: np.ndarray[Any, Any], bits: int) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """Colour of any depth as uint8, rounded; a note where that loses something."""
    if bits == 8:
        return array.astype(np.uint8), ()
    full = float((1 << bits) - 1)
    scaled = np.rint(array.astype(np.float64) * (255 / full)).astype(np.uint8)
    return scaled, (f"its {bits} bits a channel are read as 8",) if bits > 8 else ()

"""Lookup tables of DICOM files: stored values to modality values, to grey, or to colour."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from xaae_core.data.damage import element_damage_reported

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_DEPTHS = (8, 10, 11, 12, 13, 14, 15, 16)


@dataclass(frozen=True, eq=False)
class LookupTable:
    """A table (PS3.3 C.11.1.1.1).

    Attributes:
        first: value that the first entry is for; below it the first entry holds, above the last value the last.
        entries: [N], whole numbers from 0.
        bits: depth of the entries; their full range is 0 to 2^bits − 1.
    """

    first: int
    entries: np.ndarray[Any, Any]
    bits: int

    @property
    def highest(self) -> float:
        """The greatest value that an entry of this depth can have."""
        return float((1 << self.bits) - 1)

    def look_up(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """The entries for values of any shape; those between whole numbers are rounded."""
        whole = values if values.dtype.kind in "iu" else np.rint(values)
        places = np.clip(whole.astype(np.int64) - self.first, 0, len(self.entries) - 1)
        return self.entries[places]


def read_table(
    elements: "Dataset", name: str, *, is_signed: bool, descriptor: str = "LUTDescriptor", data: str = "LUTData"
) -> LookupTable:
    """Read a table.

    Args:
        elements: those that hold it: an item of a sequence, or the file's own.
        name: what messages call the picture.
        is_signed: whether it is looked up with values that may be below 0.
        descriptor: keyword of its descriptor: number of entries, first value, bits.
        data: keyword of its entries.

    Raises:
        ImageError: shorter than it says, or of a depth that the standard does not know.
    """
    with element_damage_reported(name, "a lookup table"):
        n_entries, first, bits = (int(number) for number in elements[descriptor].value)
        n_entries, bits = n_entries or 2**16, bits
        if bits not in _DEPTHS:
            raise ValueError("depth")
        if first > 32_767 and is_signed:
            first -= 2**16  # written as unsigned
        is_little_endian = elements.original_encoding[1] is not False
        return LookupTable(
            first, _entries(elements[data].value, n_entries, bits, "<u2" if is_little_endian else ">u2"), bits
        )


def _entries(value: Any, n_entries: int, bits: int, order: str) -> np.ndarray[Any, Any]:
    """Entries as 16-bit words or, of 8 bits only, as bytes: the length tells."""
    raw = value if isinstance(value, bytes) else np.atleast_1d(np.asarray(value)).astype(order).tobytes()
    is_bytes = bits == 8 and len(raw) < 2 * n_entries
    entries = np.frombuffer(raw, np.uint8 if is_bytes else order, count=n_entries)
    return entries.astype(np.uint16)

"""How findings say counts, shares and names."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from xaae_core.data.image_dataset import ImageDataset
from xaae_core.data.splits import SPLITS


def count_of(n: int, one: str, many: str = "") -> str:
    """A count with its noun: "1 picture", "1,234 pictures"."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """A share in [0, 1] as "3 %"; "under 1 %" and "over 99 %" where rounding would say none or all."""
    if 0 < share < 0.01:
        return "under 1 %"
    return "over 99 %" if 0.99 < share < 1 else f"{share:.0%}".replace("%", " %")


def names(items: Iterable[str], most: int = 5) -> str:
    """The first names, and how many more there are."""
    all_items = list(items)
    rest = len(all_items) - most
    return ", ".join(all_items[:most]) + (f" and {rest:,} more" if rest > 0 else "")


def per_split(counts: Mapping[str, int]) -> str:
    """Counts in a row, as "559 train, 120 valid, 121 test"; splits without a picture are left out."""
    return ", ".join(f"{counts[split]:,} {split}" for split in SPLITS if counts.get(split))


def target_of(dataset: ImageDataset) -> str:
    """What is to be told: "the label", or the name of the numbers."""
    return dataset.target_name if dataset.is_numeric else "the label"


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def figure(value: float) -> str:
    """A figure with two decimals, or "not known"."""
    return f"{value:.2f}" if math.isfinite(value) else "not known"

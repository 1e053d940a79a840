"""Names inside an SVG that depend on nothing but the order of what is drawn.

matplotlib names clip paths after their place on the page to the last bit, and its layout differs in that bit from run
to run: the same drawing would get other names, and thus other bytes.
"""

from __future__ import annotations

import re

_MADE = re.compile(rb'\bid="([A-Za-z][A-Za-z0-9_]*?)([0-9a-f]{10})"')
_USED = re.compile(rb'(\bid="|url\(#|href="#)([A-Za-z][A-Za-z0-9_]*[0-9a-f]{10})(?=["\)])')


def number_ids(svg: bytes) -> bytes:
    """The same SVG with matplotlib's hashed names (such as "p063edbea8e") numbered in the order of their definition."""
    names: dict[bytes, bytes] = {}
    for match in _MADE.finditer(svg):
        names.setdefault(match[1] + match[2], match[1] + b"-%d" % len(names))
    return _USED.sub(lambda match: match[1] + names.get(match[2], match[2]), svg)

"""What an SVG says, settled where matplotlib lets the last bit of its layout decide: the same drawing, the same bytes.

matplotlib names clip paths after their place on the page to the last bit, and writes 0 and -0; its layout differs in
that bit from run to run.
"""

from __future__ import annotations

import re

_MADE = re.compile(rb'\bid="([A-Za-z][A-Za-z0-9_]*?)([0-9a-f]{10})"')
_USED = re.compile(rb'(\bid="|url\(#|href="#)([A-Za-z][A-Za-z0-9_]*[0-9a-f]{10})(?=["\)])')
_PLACES = re.compile(rb'\s(?:d|x|y|transform)="[^"]*"')
_NEGATIVE_ZERO = re.compile(rb'(?<=[\s"(,])-0(?=[\s"),])')


def settle(svg: bytes) -> bytes:
    """The same drawing: hashed names (such as "p063edbea8e") numbered in the order of definition, and no -0."""
    names: dict[bytes, bytes] = {}
    for match in _MADE.finditer(svg):
        names.setdefault(match[1] + match[2], match[1] + b"-%d" % len(names))
    named = _USED.sub(lambda match: match[1] + names.get(match[2], match[2]), svg)
    return _PLACES.sub(lambda match: _NEGATIVE_ZERO.sub(b"0", match[0]), named)

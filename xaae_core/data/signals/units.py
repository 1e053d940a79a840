"""Units of signals: which are written in several ways, and which can be converted into each other."""

from __future__ import annotations

from xaae_core.errors import SignalError

_PREFIXES = {"n": 1e-9, "µ": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3}
_BASES = ("V", "A", "Pa", "Hz", "s", "m", "g", "S", "Ohm", "T")
_SPELLINGS = {"u": "µ", "μ": "µ"}  # the letter mu, and the sign for micro, look the same


def plain_unit(text: str) -> str:
    """One spelling of a unit: "uV" and "μV" are "µV"; "" and "-" are no unit."""
    unit = text.strip().strip("[]()")
    if unit[:1] in _SPELLINGS and unit[1:] in _BASES:
        unit = _SPELLINGS[unit[0]] + unit[1:]
    return "" if unit in ("-", "n/a", "a.u.", "au") else unit


def unit_factor(own: str, wanted: str, file: str, channel: str) -> float:
    """What values in one unit are multiplied by to be in another; 1 where either is not known.

    Raises:
        SignalError: they measure different things.
    """
    one, other = plain_unit(own), plain_unit(wanted)
    if not one or not other or one == other:
        return 1.0
    sizes = [_size(unit) for unit in (one, other)]
    if sizes[0] is None or sizes[1] is None or sizes[0][1] != sizes[1][1]:
        raise SignalError(
            f'{file}: the channel "{channel}" is in {one}; expected {other}: convert it, or leave the file out'
        )
    return sizes[0][0] / sizes[1][0]


def _size(unit: str) -> tuple[float, str] | None:
    for base in _BASES:
        if unit.endswith(base) and unit[: -len(base)] in _PREFIXES:
            return _PREFIXES[unit[: -len(base)]], base
    return None

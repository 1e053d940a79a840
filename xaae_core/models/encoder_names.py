"""What encoders are called: `family:name`, checked before anything is built, downloaded or imported."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from xaae_core.encoder_permission import MODULE
from xaae_core.errors import EncoderContractError

FAMILIES = ("small", "torchvision", "timm", "signal", "python")
EXPECTED = (
    'expected "small", "small:16-32-64", "torchvision:resnet34", "timm:convnext_tiny", "signal:small" or '
    '"python:my_package.my_module:my_function"'
)
MAX_LENGTH = 200
_NAMES = {
    "small": r"[0-9-]*",
    "torchvision": r"[a-z][a-z0-9_]*",
    "timm": r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)?",
    "signal": r"[a-z][a-z0-9_]*(?::[0-9-]+)?",
    "python": rf"{MODULE}:[A-Za-z]\w*",
}
"""What may stand behind the colon. Nothing here is a path, an address or a hub's name, which timm would follow."""
_ODD_TIMM = "gemma4_"
"""timm's models that ask the values of a picture for its size, so that no layout can be known."""


@dataclass(frozen=True)
class EncoderName:
    """An encoder's name, taken apart.

    Attributes:
        family: one of `FAMILIES`.
        name: what stands behind the colon; "" for "small" alone.
    """

    family: str
    name: str

    def __str__(self) -> str:
        """As it was written."""
        return f"{self.family}:{self.name}" if self.name else self.family


def parse_encoder(spec: object) -> EncoderName:
    """Take an encoder's name apart; whether there is such an encoder is not looked up.

    Raises:
        EncoderContractError: no text, too long, an unknown family, or characters that no name has.
    """
    if not isinstance(spec, str) or len(spec) > MAX_LENGTH:
        shown = repr(spec)
        raise EncoderContractError(f"the encoder {shown[:60]}{'…' * (len(shown) > 60)} is no name; {EXPECTED}")
    family, colon, name = spec.partition(":")
    pattern = _NAMES.get(family)
    if pattern is None or (not name and (colon or family != "small")) or not re.fullmatch(pattern, name, re.ASCII):
        raise unknown_encoder(spec)
    return EncoderName(family, name)


@cache
def known_encoders(family: str) -> tuple[str, ...]:
    """The names of a family that `build_encoder` takes, in alphabetical order; timm is imported for its own.

    "small" and those of "signal" also take widths, timm's names a tag of their weights, and "python" what the user
    wrote: those are not listed.

    Raises:
        EncoderContractError: no such family.
    """
    if family == "torchvision":
        from torchvision import models

        return tuple(f"torchvision:{name}" for name in models.list_models(module=models))
    if family == "timm":
        import timm

        return tuple(f"timm:{name}" for name in sorted(timm.list_models()) if not name.startswith(_ODD_TIMM))
    if family not in FAMILIES:
        raise EncoderContractError(f'"{family}" is no family of encoders; expected one of {", ".join(FAMILIES)}')
    if family == "signal":
        from xaae_core.models.signal_encoders import SIGNAL_ENCODERS

        return tuple(f"signal:{name}" for name in sorted(SIGNAL_ENCODERS))
    return ("small",) if family == "small" else ()


def unknown_encoder(spec: str) -> EncoderContractError:
    """The error for a name that nothing is known by, with the nearest that are."""
    family, _, name = spec.partition(":")
    near = _nearest(family, name.partition(":")[0] or family)
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    return EncoderContractError(
        f'the encoder "{spec}" is not known.{meant} {EXPECTED[0].upper()}{EXPECTED[1:]}. '
        "An encoder of your own goes to add_xaae_blocks as a module."
    )


def _nearest(family: str, name: str) -> list[str]:
    """Names like this one in the family, or, where there is no such family, in torchvision's."""
    listed = known_encoders(family if family in ("torchvision", "timm", "signal") else "torchvision")
    bare = {full.partition(":")[2]: full for full in listed}
    return [bare[match] for match in get_close_matches(name.partition(".")[0].lower(), bare, n=3, cutoff=0.75)]

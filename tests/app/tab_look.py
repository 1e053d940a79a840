"""The window and the tastes of the reader that a test opens a page for."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class TabLook:
    """What a test may ask of the tab that an address is opened in."""

    width: int = 1280
    height: int = 800
    colour_scheme: Literal["light", "dark"] = "light"
    reduced_motion: Literal["no-preference", "reduce"] = "no-preference"

"""Which fonts figures can be written in on this machine."""

from __future__ import annotations

from functools import cache

from xaae_core.errors import FigureError

_FOR_FIGURES = (
    "DejaVu Sans",
    "Arial",
    "Helvetica",
    "Liberation Sans",
    "Noto Sans",
    "Open Sans",
    "Source Sans 3",
    "Roboto",
    "Times New Roman",
    "Liberation Serif",
    "DejaVu Serif",
)


def offered_fonts() -> tuple[str, ...]:
    """Fonts that journals ask for and that are installed; "DejaVu Sans", which is always there, first."""
    installed = _installed()
    return tuple(name for name in _FOR_FIGURES if name in installed)


def check_font(name: str) -> None:
    """Refuse a font that is not installed: the text would be measured with another one than it asks for.

    Raises:
        FigureError: it is not installed.
    """
    if name not in _installed():
        raise FigureError(
            f'font="{name}" is not installed on this machine; install it, or take one of {", ".join(offered_fonts())}'
        )


@cache
def _installed() -> frozenset[str]:
    from matplotlib.font_manager import fontManager

    return frozenset(entry.name for entry in fontManager.ttflist)

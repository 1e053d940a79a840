"""Fonts inside an SVG: its text stays text that can be edited, and looks the same where the font is not installed."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SVG = "{http://www.w3.org/2000/svg}"
_BASIC_LATIN = frozenset(map(chr, range(0x20, 0x7F)))
"""Always embedded, so that a label can be corrected."""
_OUR_SIGNS = frozenset("\N{NO-BREAK SPACE}°±·×–−…→▲●✓✕✗")
"""What figures write besides, embedded as well: most figures then share one subset, which takes 0.1 s to make."""
_NO_EMBEDDING = 0x0002  # OS/2 fsType: the font's licence forbids it
_OPENING = re.compile(r"<svg\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_OURS = re.compile(r'<style type="text/css" id="xaae-fonts">.*?</style>', re.DOTALL)


@dataclass(frozen=True, order=True)
class Face:
    """A face of a family, as a style sheet names it.

    Attributes:
        family: such as "DejaVu Sans".
        weight: 100 to 900.
        slant: "normal", "italic" or "oblique".
    """

    family: str
    weight: int
    slant: str


def embed_fonts(svg: bytes) -> bytes:
    """An SVG that matplotlib wrote, with the faces it writes with; the same bytes for the same SVG.

    Of each face the letters of the drawing, of Basic Latin and some usual signs are embedded (WOFF, some 14 kB a face).
    Browsers and what draws as they do use them; programs that do not know @font-face, Inkscape among them, take an
    installed font of the same name. A face that is not installed, or that its licence keeps from being embedded, is
    left out.
    """
    source = _OURS.sub("", svg.decode())
    rules = [rule for face, letters in sorted(_letters_of_faces(source).items()) if (rule := _rule(face, letters))]
    opening = _OPENING.search(source)
    if not rules or opening is None:
        return svg
    sheet = f'<style type="text/css" id="xaae-fonts">{"".join(rules)}</style>'
    return (source[: opening.end()] + sheet + source[opening.end() :]).encode()


def _letters_of_faces(source: str) -> Mapping[Face, frozenset[str]]:
    """Which letters each face writes."""
    from xml.etree.ElementTree import fromstring

    found: dict[Face, frozenset[str]] = {}
    for part in fromstring(source).iter(f"{_SVG}text"):
        for style, letters in _written(part, part.get("style", "")):
            for face, its in _shared_out(letters, _faces(style)):
                found[face] = found.get(face, frozenset()) | its
    return found


def _shared_out(letters: str, faces: Iterator[Face]) -> Iterator[tuple[Face, frozenset[str]]]:
    """Which face writes which letters: the first that has them."""
    missing = frozenset(letters) - {"\n"}
    for face in faces:
        path = _file_of(face)
        its = missing & _letters_in(path) if path else frozenset[str]()
        if its:
            yield face, its
        missing -= its


def _written(part: Element, style: str) -> Iterator[tuple[str, str]]:
    """Style and letters of a text and of the spans in it."""
    if part.text and part.text.strip():
        yield style, part.text
    for span in part:
        yield from _written(span, f"{style}; {span.get('style', '')}")


def _faces(style: str) -> Iterator[Face]:
    """The faces that a style asks for, in the order in which a letter is looked for."""
    entries = dict(part.split(":", 1) for part in style.split(";") if ":" in part)
    told = {name.strip(): value.strip() for name, value in entries.items()}
    weight = {"normal": "400", "bold": "700"}.get(told.get("font-weight", "400"), told.get("font-weight", "400"))
    for family in told.get("font-family", "").split(","):
        if name := family.strip().strip("'\""):
            yield Face(name, int(weight) if weight.isdigit() else 400, told.get("font-style", "normal"))


def _rule(face: Face, letters: frozenset[str]) -> str:
    """The style sheet's rule with the font in it; "" where it cannot be embedded."""
    path = _file_of(face)
    font = "" if path is None else _subset(path, "".join(sorted(letters | _BASIC_LATIN | _OUR_SIGNS)))
    if not font:
        return ""
    name = face.family.replace("\\", "").replace("'", "").replace("<", "").replace("&", "")
    return (
        f"@font-face{{font-family:'{name}';font-weight:{face.weight};font-style:{face.slant};"
        f"src:url(data:font/woff;base64,{font}) format('woff')}}"
    )


@lru_cache(maxsize=64)
def _file_of(face: Face) -> Path | None:
    """The installed file of a face, as matplotlib found it when it measured the text."""
    from matplotlib.font_manager import FontProperties, findfont

    asked = FontProperties(family=face.family, weight=face.weight, style=face.slant)  # type: ignore[arg-type]
    try:
        return Path(findfont(asked, fallback_to_default=False))
    except ValueError:
        return None


@lru_cache(maxsize=16)
def _letters_in(path: Path) -> frozenset[str]:
    """All letters that a font's file holds."""
    from fontTools.ttLib import TTFont

    with TTFont(path, fontNumber=0, lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))


@lru_cache(maxsize=64)
def _subset(path: Path, letters: str) -> str:
    """The face with these letters only, as base64 of a WOFF; "" where it must not be embedded."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    # a time of writing inside would make every file another
    with TTFont(path, fontNumber=0, recalcTimestamp=False, lazy=True) as font:
        if getattr(font["OS/2"], "fsType", 0) & 0x000F == _NO_EMBEDDING:
            return ""
        options = Options()
        options.hinting = False
        options.layout_features = ["kern", "mark", "ccmp"]
        options.name_IDs = [1, 2]
        options.notdef_outline = True
        options.drop_tables += ["FFTM"]  # the font editor's own time stamp
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=set(map(ord, letters)) & set(font.getBestCmap()))
        subsetter.subset(font)
        font.flavor = "woff"
        stream = io.BytesIO()
        font.save(stream, reorderTables=None)
    return base64.b64encode(stream.getvalue()).decode()

"""A text in an SVG: a metadata element with an element of our own namespace."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from xaae_core.errors import ProvenanceError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SVG = "http://www.w3.org/2000/svg"
_OURS = "urn:xaae:provenance:1"
_FORBIDDEN = re.compile(rb"<!ENTITY", re.IGNORECASE)


def embed(file: bytes, text: str) -> bytes:
    """The file with this text, and no other of ours; "" removes it. All else stays as it is, letter for letter."""
    _parsed(file)
    source = _OWN.sub("", file.decode("utf-8-sig"))
    opening = re.search(r"<(?:\w+:)?svg\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*>", source)
    if opening is None:
        raise ProvenanceError("the SVG has no svg element: it is damaged")
    if not text:
        return source.encode()
    told = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    entry = f'<p:provenance xmlns:p="{_OURS}">{told}</p:provenance>'
    element = f'<metadata xmlns="{_SVG}" id="xaae-provenance">{entry}</metadata>'
    return (source[: opening.end()] + element + source[opening.end() :]).encode()


def extract(file: bytes) -> str:
    """Our text; "" without one."""
    found = _parsed(file).find(f".//{{{_OURS}}}provenance")
    return "" if found is None else found.text or ""


def drawing(file: bytes) -> bytes:
    """What is drawn: the canonical form of everything but metadata."""
    from xml.etree import ElementTree

    root = _parsed(file)
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag == f"{{{_SVG}}}metadata"]:
            parent.remove(child)
    stream = io.StringIO()
    ElementTree.canonicalize(ElementTree.tostring(root, encoding="unicode"), out=stream, strip_text=True)
    return stream.getvalue().encode()


def _parsed(file: bytes) -> Element:
    from xml.etree import ElementTree

    if _FORBIDDEN.search(file):
        raise ProvenanceError("the SVG defines entities, which no figure of this tool does: it is not opened")
    try:
        root = ElementTree.fromstring(file)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise ProvenanceError(f"the SVG is damaged: {error}. Copy it again") from error
    if root.tag != f"{{{_SVG}}}svg":
        raise ProvenanceError(f"the file is XML, but no SVG: its first element is {root.tag}")
    return root


_OWN = re.compile(r'<metadata xmlns="[^"]*" id="xaae-provenance">.*?</metadata>', re.DOTALL)

"""The provenance inside PNG, SVG, PDF, GIF, MP4 and HTML: embedded, read, and held against the drawing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from analysis.provenance import gif_comments, html_meta, mp4_comments, pdf_xmp, png_chunks, svg_metadata
from analysis.provenance.provenance import Provenance
from xaae_core.errors import ProvenanceError

Container = Literal["png", "svg", "pdf", "gif", "mp4", "html"]
MAX_BYTES = 512 * 2**20


@dataclass(frozen=True)
class _Codec:
    """How a kind of file holds a text: `embed(file, text)`, `extract(file)` ("" for none), and what is drawn in it."""

    embed: Callable[[bytes, str], bytes]
    extract: Callable[[bytes], str]
    drawing: Callable[[bytes], bytes]


_CODECS: dict[Container, _Codec] = {
    "png": _Codec(png_chunks.embed, png_chunks.extract, png_chunks.drawing),
    "svg": _Codec(svg_metadata.embed, svg_metadata.extract, svg_metadata.drawing),
    "pdf": _Codec(pdf_xmp.embed, pdf_xmp.extract, pdf_xmp.drawing),
    "gif": _Codec(gif_comments.embed, gif_comments.extract, gif_comments.drawing),
    "mp4": _Codec(mp4_comments.embed, mp4_comments.extract, mp4_comments.drawing),
    "html": _Codec(html_meta.embed, html_meta.extract, html_meta.drawing),  # of reports
}


@dataclass(frozen=True)
class FoundProvenance:
    """What a file says of its making.

    Attributes:
        provenance: the description.
        container: what kind of file it is.
        is_drawing_unchanged: whether what is drawn is what was drawn when the description was written.
        is_text_unchanged: whether the description is what was written.
    """

    provenance: Provenance
    container: Container
    is_drawing_unchanged: bool
    is_text_unchanged: bool

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was changed since, a sentence each."""
        said = []
        if not self.is_text_unchanged:
            said.append("The description inside this file was edited after it was made: do not rely on it.")
        if not self.is_drawing_unchanged:
            said.append("The drawing was edited after it was made: the view that reopens is the original one.")
        return tuple(said)


def embed_provenance(file: bytes, container: Container, provenance: Provenance) -> bytes:
    """The same figure with its provenance inside.

    Args:
        file: the bytes of the figure.
        container: its kind.
        provenance: see `Provenance`; it is stamped with the time and versions.

    Raises:
        ProvenanceError: the file is not of that kind, or the description cannot be written.
    """
    codec, told = _CODECS[container], provenance.stamped()
    bare = codec.embed(file, "")  # so that the drawing's digest is that of the file as it will be read
    drawing = hashlib.sha256(codec.drawing(bare)).hexdigest()
    wrapped = json.dumps({"provenance": json.loads(told.to_json()), "digest": told.digest, "drawing": drawing},
                         ensure_ascii=False, sort_keys=True)  # fmt: skip
    return codec.embed(bare, wrapped)


def read_provenance(file: bytes, *, name: str = "this file") -> FoundProvenance:
    """What a figure says of its making.

    Args:
        file: the bytes of a PNG, SVG, PDF, GIF or MP4, or of a report's HTML.
        name: what messages call it.

    Raises:
        ProvenanceError: another kind of file, a damaged one, one without provenance, or one of a newer version.
    """
    if len(file) > MAX_BYTES:
        raise ProvenanceError(f"{name} has {len(file):,} bytes; a figure has at most {MAX_BYTES:,}")
    container = container_of(file)
    if container is None:
        raise ProvenanceError(
            f"{name} is no figure of this tool: expected a PNG, SVG, PDF, GIF or MP4 that it exported, or a "
            "report (HTML, PDF)"
        )
    codec = _CODECS[container]
    text = codec.extract(file)
    if not text:
        raise ProvenanceError(
            f"{name} holds no provenance: it was not made by this tool, or a program that saved it anew has removed "
            "it. Use the file as it was exported"
        )
    try:
        wrapped = json.loads(text)
        told = json.dumps(wrapped["provenance"], ensure_ascii=False)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ProvenanceError(f"{name}: its provenance is damaged ({error})") from error
    provenance = Provenance.from_json(told, name)
    drawing = hashlib.sha256(codec.drawing(file)).hexdigest()
    return FoundProvenance(
        provenance, container, wrapped.get("drawing") == drawing, wrapped.get("digest") == provenance.digest
    )


def container_of(file: bytes) -> Container | None:
    """What kind of figure the first bytes tell; None for another file."""
    if file.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if file.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if file.startswith(b"%PDF-"):
        return "pdf"
    if file[4:8] == b"ftyp":
        return "mp4"
    head = file[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:14].lower() == b"<!doctype html":
        return "html"
    return "svg" if head.startswith((b"<?xml", b"<svg", b"<!--")) and b"<svg" in file[:65536] else None

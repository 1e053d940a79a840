"""A text in a PDF: an entry of its XMP metadata (ISO 16684-1)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from xaae_core.errors import ProvenanceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pikepdf import Pdf

_NAMESPACE = "urn:xaae:provenance:1"
_ENTRY = f"{{{_NAMESPACE}}}provenance"


def embed(file: bytes, text: str) -> bytes:
    """The file with this text, and no other of ours; "" removes it."""
    from pikepdf.models import PdfMetadata

    PdfMetadata.register_xml_namespace(_NAMESPACE, "xaae")
    with _opened(file) as pdf:
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            if text:
                metadata[_ENTRY] = text
            elif _ENTRY in metadata:
                del metadata[_ENTRY]
        stream = io.BytesIO()
        pdf.save(stream, deterministic_id=True)
    return stream.getvalue()


def extract(file: bytes) -> str:
    """Our text; "" without one."""
    with _opened(file) as pdf, pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        return str(metadata.get(_ENTRY, ""))


def drawing(file: bytes) -> bytes:
    """What is drawn: the pages with everything they draw and write with, whatever number each part has in the file."""
    with _opened(file) as pdf:
        seen: set[tuple[int, int]] = set()
        return b"\n".join(part for page in pdf.pages for part in _content(page.obj, seen))


def _content(value: Any, seen: set[tuple[int, int]]) -> Iterator[bytes]:
    """A part and all it refers to, each once, but not what it belongs to."""
    from pikepdf import Array, Dictionary, Object, Stream

    if isinstance(value, Object) and value.is_indirect:
        if value.objgen in seen:
            return
        seen.add(value.objgen)
    if isinstance(value, Stream):
        yield from _content(value.stream_dict, seen)
        yield value.read_raw_bytes()
    elif isinstance(value, Dictionary):
        for key in sorted(set(value.keys()) - {"/Parent", "/Length"}):
            yield str(key).encode()
            yield from _content(value[key], seen)
    elif isinstance(value, Array):
        yield b"["
        for each in value:
            yield from _content(each, seen)
        yield b"]"
    else:
        yield repr(value).encode()


def _opened(file: bytes) -> Pdf:
    import pikepdf

    try:
        return pikepdf.open(io.BytesIO(file), attempt_recovery=False)
    except pikepdf.PasswordError as error:
        raise ProvenanceError("the PDF asks for a password: open it elsewhere and save it without one") from error
    except pikepdf.PdfError as error:
        raise ProvenanceError(f"the PDF is damaged: {error}. Copy it again") from error

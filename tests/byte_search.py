"""Looks for texts in files, in every layer that could hide them: archives, streams, comments, tables, words of PDFs."""

import base64
import gzip
import html
import io
import json
import re
import shutil
import subprocess
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_plus

_DEEPEST = 6


@dataclass(frozen=True)
class Hit:
    """A text that was found: which one, and through which layers of which file."""

    needle: str
    where: str


def search_files(paths: Iterable[Path], needles: Iterable[str], *, root: Path) -> list[Hit]:
    """Every needle in the content or the name (below `root`) of every file; letters' case does not matter."""
    hits = []
    for path in paths:
        name = str(path.relative_to(root))
        hits += search_bytes(name.encode(), needles, where=f"name of {name}")
        hits += search_bytes(path.read_bytes(), needles, where=name)
    return hits


def search_bytes(content: bytes, needles: Iterable[str], *, where: str = "bytes") -> list[Hit]:
    """Every needle in some bytes and in all that is packed in them; of two needles the one within the other."""
    wanted = [(needle, patterns_of(needle)) for needle in _shortest(needles)]
    found: dict[Hit, None] = {}
    for layer, raw in layers_of(content, where):
        lowered = raw.lower()
        for needle, patterns in wanted:
            if any(pattern in lowered for pattern in patterns):
                found[Hit(needle, layer)] = None
    return list(found)


def _shortest(needles: Iterable[str]) -> list[str]:
    """Needles that hold no other: where one of the others is found, so are they."""
    every = sorted(set(needles), key=len)
    return [needle for at, needle in enumerate(every) if not any(other in needle for other in every[:at])]


def patterns_of(needle: str) -> set[bytes]:
    """A text as it may stand in a file, lowered as `bytes.lower` does."""
    patterns = set()
    for form in {needle, needle.lower(), needle.upper()}:
        patterns |= {form.encode(), json.dumps(form)[1:-1].encode()}  # with JSON's escapes
        patterns |= {form.encode("utf-16-le").rstrip(b"\0"), form.encode("utf-16-be").lstrip(b"\0")}
        patterns.add(form.encode("utf-32-le").rstrip(b"\0"))
        if max(form) < "\u0100":
            patterns.add(form.encode("latin-1"))
    return {pattern.lower() for pattern in patterns}


def layers_of(content: bytes, where: str, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """The bytes themselves and whatever can be unpacked from them."""
    yield where, content
    if depth > _DEEPEST:
        return
    for name, unpack in _UNPACKERS.items():
        for inner in unpack(content):
            yield from layers_of(inner, f"{where} › {name}", depth + 1)


def _zip(content: bytes) -> Iterator[bytes]:
    if content[:4] != b"PK\x03\x04":
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        yield archive.comment
        for entry in archive.infolist():
            yield entry.filename.encode()
            yield entry.extra + entry.comment
            yield archive.read(entry)


def _gzip(content: bytes) -> Iterator[bytes]:
    if content[:2] == b"\x1f\x8b":
        yield gzip.decompress(content)


def _pdf(content: bytes) -> Iterator[bytes]:
    """Every object and decoded stream, and the words as a reader would select them: in the streams they are glyphs."""
    if content[:5] != b"%PDF-":
        return
    import pikepdf

    with pikepdf.open(io.BytesIO(content)) as pdf:
        for entry in pdf.objects:
            yield b"\n".join(_pdf_words_of(entry))
            if isinstance(entry, pikepdf.Stream) and entry.get("/Subtype") != "/Image":
                yield entry.read_bytes()
        yield b"\n".join(f"{key} {value}".encode() for key, value in pdf.docinfo.items())
    yield pdf_words(content)


def _pdf_words_of(entry: object, depth: int = 0) -> Iterator[bytes]:
    """Names and strings of an object that stands in the file as it is."""
    import pikepdf

    if isinstance(entry, pikepdf.Stream | pikepdf.Dictionary) and depth < 20:
        for key in sorted(set(entry.keys())):
            yield key.encode()
            value = entry[key]
            if not getattr(value, "is_indirect", False):  # those are objects of their own
                yield from _pdf_words_of(value, depth + 1)
    elif isinstance(entry, pikepdf.Array) and depth < 20:
        for value in entry:
            if not getattr(value, "is_indirect", False):
                yield from _pdf_words_of(value, depth + 1)
    elif isinstance(entry, pikepdf.String | pikepdf.Name):
        yield str(entry).encode("utf-8", "replace")


def pdf_words(content: bytes) -> bytes:
    """What a reader can select in a PDF; poppler has to be there."""
    tool = shutil.which("pdftotext")
    if tool is None:
        raise RuntimeError("no pdftotext on the PATH: install Debian's poppler-utils")
    return subprocess.run([tool, "-", "-"], input=content, stdout=subprocess.PIPE, check=True).stdout


def _png(content: bytes) -> Iterator[bytes]:
    """Compressed text."""
    if content[:8] != b"\x89PNG\r\n\x1a\n":
        return
    at = 8
    while at + 8 <= len(content):
        length, name = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        data, at = content[at + 8 : at + 8 + length], at + 12 + length
        if name in (b"zTXt", b"iCCP", b"iTXt"):
            yield from (found for start in range(len(data)) if (found := _inflated(data[start:])))


def _inflated(data: bytes) -> bytes:
    if data[:1] not in (b"\x78", b"\x58"):
        return b""
    try:
        return zlib.decompressobj().decompress(data)
    except zlib.error:
        return b""


def _gif(content: bytes) -> Iterator[bytes]:
    """Comments, whose text is cut into blocks of 255 bytes."""
    if content[:4] != b"GIF8":
        return
    for match in re.finditer(rb"\x21\xfe", content):
        at, text = match.end(), b""
        while at < len(content) and content[at]:
            text += content[at + 1 : at + 1 + content[at]]
            at += 1 + content[at]
        yield text


def _parquet(content: bytes) -> Iterator[bytes]:
    if content[:4] != b"PAR1":
        return
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(content))
    yield b"\n".join(part for pair in (table.schema.metadata or {}).items() for part in pair)
    for name in table.column_names:
        yield f"{name}\n{table.column(name).to_pylist()}".encode()


def _markup(content: bytes) -> Iterator[bytes]:
    """Text of HTML and XML without its tags and entities, and the files inside it."""
    if not content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return
    text = content.decode("utf-8", "replace")
    for data in re.findall(r"base64,([A-Za-z0-9+/=\s]+)", text):
        yield base64.b64decode("".join(data.split()) + "==")
    yield html.unescape(re.sub(r"<[^>]*>", "", text)).encode()


def _quoted(content: bytes) -> Iterator[bytes]:
    """Addresses with %20 and the like, which stand in text, not between bytes."""
    if b"\0" in content or not re.search(rb"%[0-9A-Fa-f]{2}", content) or content[:5] == b"%PDF-":
        return
    plain = unquote_plus(content.decode("utf-8", "replace")).encode()
    if plain != content:
        yield plain


_UNPACKERS = {
    "zip": _zip, "gzip": _gzip, "pdf": _pdf, "png": _png, "gif": _gif, "parquet": _parquet, "markup": _markup,
    "quoted": _quoted,
}  # fmt: skip

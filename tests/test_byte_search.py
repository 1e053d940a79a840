"""The search finds a text wherever a file can hide it: a test that finds nothing must mean that nothing is there."""

import base64
import gzip
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image, PngImagePlugin

from analysis.figures.formats import render
from tests.byte_search import search_bytes, search_files

SECRET = "Zyxwolski Jürg"


def zipped(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return stream.getvalue()


def png() -> bytes:
    stream, told = io.BytesIO(), PngImagePlugin.PngInfo()
    told.add_itxt("Comment", SECRET * 20, zip=True)
    Image.new("L", (4, 4)).save(stream, "PNG", pnginfo=told)
    return stream.getvalue()


def npz() -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, ids=np.array([SECRET]))
    return stream.getvalue()


def parquet() -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    pq.write_table(pa.table({"id": ["a", SECRET]}), stream, compression="zstd")
    return stream.getvalue()


def gif() -> bytes:
    stream = io.BytesIO()
    Image.new("L", (4, 4)).save(stream, "GIF", comment=b"x" * 250 + SECRET.encode())
    return stream.getvalue()


def drawn(form: str) -> bytes:
    canvas = Figure(figsize=(3, 1))
    canvas.text(0.1, 0.5, SECRET)
    return render(canvas, form)


def reported() -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    stream = io.BytesIO()
    page = Canvas(stream, pageCompression=1)
    page.setTitle(SECRET)
    page.showPage()
    page.save()
    return stream.getvalue()


HIDDEN = {
    "utf-16": SECRET.encode("utf-16"),
    "latin-1": SECRET.encode("latin-1"),
    "utf-32": SECRET.encode("utf-32-le"),
    "upper case": SECRET.upper().encode(),
    "json": json.dumps({"a": SECRET}).encode(),
    "zip": zipped("a.txt", SECRET.encode()),
    "a name in a zip": zipped(SECRET, b""),
    "a zip in a zip": zipped("b.zip", zipped("a.txt", SECRET.encode())),
    "gzip": gzip.compress(SECRET.encode()),
    "png": png(),
    "npz": npz(),
    "parquet": parquet(),
    "gif": gif(),
    "svg": drawn("svg"),
    "pdf": drawn("pdf"),
    "title of a report": reported(),
    "html entity": b"<p>Zyxwolski J&uuml;rg</p>",
    "html tags": "<p>Zyxwolski <b>J</b>ürg</p>".encode(),
    "picture in html": b"<img src='data:image/png;base64," + base64.b64encode(png()) + b"'>",
    "address": b"page?case=Zyxwolski%20J%C3%BCrg",
}


@pytest.mark.parametrize("place", HIDDEN)
def test_it_is_found(place: str) -> None:
    hits = search_bytes(HIDDEN[place], [SECRET, "not there at all"])
    assert {hit.needle for hit in hits} == {SECRET}


def test_a_files_name_is_searched_too(tmp_path: Path) -> None:
    (tmp_path / f"{SECRET}.svg").write_text("<svg/>")
    (hit,) = search_files(tmp_path.iterdir(), [SECRET], root=tmp_path)
    assert hit.where == f"name of {SECRET}.svg"


def test_what_is_not_there_is_not_found() -> None:
    assert not search_bytes(b"".join(HIDDEN.values()), ["Quarzhausen"])

"""Every kind of figure gives back what was put into it, shows the same as before, and tells when it was edited."""

import io
import json
import zlib
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from typing import get_args

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image, ImageSequence, PngImagePlugin

from analysis.figures.formats import render
from analysis.provenance import Provenance, embed_provenance, read_provenance
from analysis.provenance.figure_files import Container, container_of
from xaae_core.errors import ProvenanceError

PROVENANCE = Provenance(
    kind="path",
    view={"page": "traverse", "case": "a/b.png", "step": 1.5},
    checkpoint_sha256="ab" * 32,
    case_ids=("a/b.png", "é <&> ]]> 'ü' 肺"),
    direction={"target": "effusion", "cosines": [0.25, -1.0]},
    seed=3,
    settings={"skip_dropout": 1.0, "none": None},
)
KINDS: tuple[Container, ...] = get_args(Container)


def drawn(kind: Container, shade: float = 0.5) -> bytes:
    if kind == "gif":
        stream = io.BytesIO()
        frames = [Image.new("L", (8, 6), round(255 * shade * share)) for share in (0.2, 0.9)]
        frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], loop=0)
        return stream.getvalue()
    if kind == "mp4":
        return film(shade)
    if kind == "html":
        return page(f'<h1>A title with " &amp; <b>{shade}</b></h1>').encode()
    canvas = Figure(figsize=(2, 1))
    canvas.subplots().imshow(np.full((4, 4), shade), vmin=0, vmax=1)
    canvas.suptitle("A title with < & >")
    return render(canvas, kind, dpi=50)


def page(body: str) -> str:
    words = '<meta name="description" content="a wave">\n<title>Waves &amp; more</title>\n'
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{words}</head>\n<body>{body}</body></html>\n'


def film(shade: float) -> bytes:
    import av

    stream = io.BytesIO()
    with av.open(stream, "w", format="mp4") as target:
        track = target.add_stream("libx264", rate=Fraction(8))
        track.width, track.height, track.pix_fmt = 32, 16, "yuv420p"
        for share in (0.2, 0.6, 1.0):
            picture = np.full((16, 32, 3), round(255 * shade * share), np.uint8)
            target.mux(track.encode(av.VideoFrame.from_ndarray(picture)))
        target.mux(track.encode())
    return stream.getvalue()


def shown(kind: Container, file: bytes) -> object:
    """What a reader of this kind of file makes of it."""
    if kind == "mp4":
        import av

        with av.open(io.BytesIO(file), "r") as source:
            return [frame.to_ndarray(format="rgb24").tolist() for frame in source.decode(video=0)]
    if kind in ("png", "gif"):
        with Image.open(io.BytesIO(file)) as picture:
            return [np.asarray(frame.convert("RGB")).tolist() for frame in ImageSequence.Iterator(picture)]
    if kind == "pdf":
        import pikepdf

        with pikepdf.open(io.BytesIO(file)) as pdf:
            return pdf.pages[0].Contents.read_bytes()
    if kind == "html":
        return Body(file.decode()).text
    return file.decode().partition("</metadata>")[2].partition("</metadata>")[2] or None


class Body(HTMLParser):
    """The text of a page, as a browser reads it."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.feed(source)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_embedded_is_read_again_and_the_figure_looks_the_same(kind: Container) -> None:
    bare = drawn(kind)
    file = embed_provenance(bare, kind, PROVENANCE)
    found = read_provenance(file)
    assert found.container == kind == container_of(file)
    assert replace(found.provenance, created="", versions={}) == PROVENANCE
    assert found.provenance.created
    assert found.provenance.versions["torch"]
    assert found.warnings == ()
    if kind != "svg":
        assert shown(kind, file) == shown(kind, bare)
    else:  # nothing but the element of ours was added
        assert shown(kind, file) == bare.decode().partition("</metadata>")[2]


@pytest.mark.parametrize("kind", KINDS)
def test_embedding_again_replaces_what_was_there(kind: Container) -> None:
    once = embed_provenance(drawn(kind), kind, PROVENANCE)
    twice = embed_provenance(once, kind, replace(PROVENANCE, seed=4))
    assert read_provenance(twice).provenance.seed == 4
    assert read_provenance(twice).warnings == ()
    assert abs(len(twice) - len(once)) < 16


@pytest.mark.parametrize("kind", KINDS)
def test_another_drawing_under_the_same_description_is_told(kind: Container) -> None:
    from analysis.provenance.figure_files import _CODECS

    text = _CODECS[kind].extract(embed_provenance(drawn(kind, 0.5), kind, PROVENANCE))
    forged = _CODECS[kind].embed(_CODECS[kind].embed(drawn(kind, 0.8), ""), text)
    found = read_provenance(forged)
    assert not found.is_drawing_unchanged
    assert "drawing was edited" in found.warnings[0]


@pytest.mark.parametrize("kind", KINDS)
def test_another_description_of_the_same_drawing_is_told(kind: Container) -> None:
    from analysis.provenance.figure_files import _CODECS

    file = embed_provenance(drawn(kind), kind, PROVENANCE)
    wrapped = json.loads(_CODECS[kind].extract(file))
    wrapped["provenance"]["seed"] = 99
    found = read_provenance(_CODECS[kind].embed(file, json.dumps(wrapped)))
    assert found.is_drawing_unchanged
    assert "description inside this file was edited" in found.warnings[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_without_provenance_is_refused_with_the_reason(kind: Container) -> None:
    with pytest.raises(ProvenanceError, match=r"plot holds no provenance: it was not made by this tool"):
        read_provenance(drawn(kind), name="plot")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_a_truncated_file_is_an_error_of_ours(kind: Container, share: float) -> None:
    file = embed_provenance(drawn(kind), kind, PROVENANCE)
    part = file[: int(len(file) * share)]
    try:
        found = read_provenance(part)
    except ProvenanceError:
        return
    assert not found.is_drawing_unchanged, "what is left of the file passes for the whole"


def test_a_newer_version_is_named() -> None:
    file = embed_provenance(drawn("png"), "png", replace(PROVENANCE, schema=7))
    with pytest.raises(ProvenanceError, match=r"newer version .* of version 7, this one reads up to 1"):
        read_provenance(file)


def test_any_other_file_is_refused_by_what_was_expected() -> None:
    for file in (b"", b"hello", b"PK\3\4....", b"<html><body/></html>"):  # HTML of ours says its version first
        with pytest.raises(ProvenanceError, match="expected a PNG, SVG, PDF, GIF or MP4"):
            read_provenance(file, name="notes.txt")


@pytest.mark.parametrize(
    "entry",
    [
        {"view": []},
        {"seed": "3"},
        {"case_ids": [1]},
        {"kind": None},
        {"settings": {"x": float("nan")}},
        {"schema": "1"},
    ],
)
def test_entries_of_a_wrong_kind_are_named(entry: dict[str, object]) -> None:
    text = json.dumps({**json.loads(PROVENANCE.to_json()), **entry})
    with pytest.raises(ProvenanceError, match=f"cannot be used: {next(iter(entry))}"):
        Provenance.from_json(text, "plot.png")


def test_what_is_not_a_number_is_not_written() -> None:
    with pytest.raises(ProvenanceError, match="finite"):
        embed_provenance(drawn("png"), "png", replace(PROVENANCE, settings={"x": float("nan")}))


def test_entities_of_an_svg_are_not_expanded() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaa">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>'
    with pytest.raises(ProvenanceError, match="defines entities"):
        read_provenance(bomb)


def test_other_texts_of_a_png_stay() -> None:
    stream, texts = io.BytesIO(), PngImagePlugin.PngInfo()
    texts.add_text("Author", "A. N.")
    Image.new("L", (2, 2)).save(stream, "PNG", pnginfo=texts)
    with Image.open(io.BytesIO(embed_provenance(stream.getvalue(), "png", PROVENANCE))) as picture:
        assert picture.info["Author"] == "A. N."
        assert "effusion" in picture.info["xaae:provenance"]


def test_differences_name_what_is_another_and_nothing_else() -> None:
    told = replace(PROVENANCE, data_fingerprint="12" * 32)
    now = {"checkpoint_sha256": "ab" * 32, "data_fingerprint": "34" * 32}
    assert [line.partition(":")[0] for line in told.differences(now)] == ["the data set is another"]
    assert told.differences({}) == ()


def test_a_decompression_bomb_in_other_chunks_is_not_inflated() -> None:
    stream = io.BytesIO()
    Image.new("L", (2, 2)).save(stream, "PNG")
    file = embed_provenance(stream.getvalue(), "png", PROVENANCE)
    content = b"note\0\0" + zlib.compress(b"\0" * 50_000_000, 9)
    chunk = len(content).to_bytes(4, "big") + b"zTXt" + content + zlib.crc32(b"zTXt" + content).to_bytes(4, "big")
    assert read_provenance(file[:33] + chunk + file[33:]).warnings == ()

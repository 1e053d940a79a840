"""Figures kept in a file: the same drawing comes back, and nothing else is ever made of a file."""

import io
import json
import math
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from analysis.figures.archive import SCHEMA, read_archive, write_archive
from analysis.figures.archive_values import PACKAGES, decode_value, encode_value, find_dataclass
from analysis.figures.export import draw_file, export_figure
from analysis.figures.figure import Figure
from analysis.figures.panels import combine_figures
from analysis.figures.style import FigureStyle
from analysis.provenance import Provenance
from tests.analysis.figures.drawings import Wave
from tests.analysis.figures.samples import SAMPLES
from xaae_core.errors import FigureError

SMALL = FigureStyle(dpi=72)
WITH_TESTS = (*PACKAGES, "tests")
MADE = Provenance(kind="wave", checkpoint_sha256="ab" * 32, case_ids=("1f",), settings={"method": "umap"}).stamped()
FIGURE = Figure(Wave(np.sin(np.linspace(0, 3, 40, dtype=np.float32))), MADE, "A wave", "my own words: é “ ”")


@dataclass(frozen=True, eq=False)
class Everything:
    value: Any


@dataclass
class Thawed:
    value: int = 1


def archive(*figures: Figure) -> bytes:
    return write_archive(figures, packages=WITH_TESTS)


def read(content: bytes) -> tuple[Figure, ...]:
    return read_archive(content, name="my.figures", packages=WITH_TESTS)


def through(value: Any) -> Any:
    """A value kept and fetched again, by way of JSON text."""
    kept: list[Any] = []

    def keep(content: Any) -> str:
        kept.append(content)
        return str(len(kept) - 1)

    text = json.dumps(encode_value(Everything(value), keep, packages=WITH_TESTS), allow_nan=False)
    return decode_value(json.loads(text), lambda name: kept[int(name)], packages=WITH_TESTS).value


def test_a_drawing_read_back_draws_the_same_bytes() -> None:
    (found,) = read(archive(FIGURE))
    assert draw_file(found.drawing, "svg") == draw_file(FIGURE.drawing, "svg")
    assert export_figure(found, "pdf") == export_figure(FIGURE, "pdf")
    assert (found.title, found.note, found.provenance) == (FIGURE.title, FIGURE.note, MADE)


def test_panels_read_back_draw_the_same_bytes() -> None:
    whole = combine_figures([FIGURE, Figure(Wave(colour="black"), MADE), FIGURE], columns=2)
    (found,) = read(archive(whole))
    assert draw_file(found.drawing, "svg") == draw_file(whole.drawing, "svg")


def test_the_same_figures_give_the_same_bytes_and_hold_an_array_once() -> None:
    one, three = archive(FIGURE), archive(FIGURE, FIGURE, FIGURE)
    assert archive(FIGURE) == one
    assert len(zipfile.ZipFile(io.BytesIO(three)).namelist()) == len(zipfile.ZipFile(io.BytesIO(one)).namelist()) == 2
    assert len(read(three)) == 3
    assert read(archive()) == ()


@pytest.mark.parametrize(
    "value",
    [
        None, True, 0, -(2**70), 0.1, math.inf, -math.inf, "", "é\n\ud800", b"\x00\xff", (), (1, (2.5, "x")), [1, [2]],
        {"a": {"b": (1,)}, "": None}, {1: "x", (2, "y"): 3}, {"is": 1, "fields": {}}, {"tuple": [1]},
        frozenset({1, 2}), {"x"}, np.float32(0.1), np.int64(-3), np.bool_(True),
    ],
    ids=repr,
)  # fmt: skip
def test_values_come_back_of_the_same_type(value: Any) -> None:
    found = through(value)
    assert found == value
    assert type(found) is type(value)


def test_what_is_no_number_comes_back() -> None:
    assert math.isnan(through(math.nan))
    assert math.isnan(through(np.float32("nan")))
    assert type(through(np.float32("nan"))) is np.float32


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((0, 3), np.float16), np.array(5), np.arange(6).reshape(2, 3).T, np.array([True, False]),
        np.array([np.nan, np.inf]), np.array(["a", "ë"]), np.array([1 + 2j]), np.arange(3, dtype=">i4"),
        np.array(["2020-01-01"], dtype="datetime64[D]"),
    ],
    ids=str,
)  # fmt: skip
def test_arrays_come_back_bit_for_bit(array: Any) -> None:
    found = read(archive(Figure(Wave(array), MADE)))[0].drawing
    assert isinstance(found, Wave)
    assert (found.values.dtype, found.values.shape) == (array.dtype, array.shape)
    assert found.values.tobytes() == array.tobytes()


def test_objects_in_arrays_come_back_one_by_one() -> None:
    found = through(np.array([["a", None], [3, (4,)]], dtype=object))
    assert found.tolist() == [["a", None], [3, (4,)]]


@pytest.mark.parametrize("value", [Thawed(), object(), len, Wave, complex(1), MADE.to_json])
def test_what_cannot_be_kept_is_named(value: Any) -> None:
    with pytest.raises(FigureError, match=r"figure 1 \(wave\)\.drawing\.values is of the type .* cannot be kept"):
        archive(Figure(Wave([0, value]), MADE))  # type: ignore[arg-type]  # on purpose


def test_a_dataclass_of_another_package_is_not_kept() -> None:
    with pytest.raises(FigureError, match=r"tests\.analysis\.figures\.drawings\.Wave, which cannot be kept"):
        write_archive([FIGURE])


@pytest.mark.parametrize(
    "named",
    [
        "os:system", "builtins:eval", "tests.analysis.figures.drawings:Wave", "app.views:View", "analysisx:A", "..:a",
        "analysis.figures.archive:read_archive", "analysis.figures.archive:npy", "analysis.figures.archive:io.BytesIO",
        "analysis.figures.export:Figure", "analysis.figures.figure:Drawing", "analysis.missing:Gone", "analysis:",
        "analysis.figures.figure:Figure.noted", "analysis.figures.style:FigureStyle.__init__", None, 3, ["a"],
    ],
)  # fmt: skip
def test_only_frozen_dataclasses_by_their_own_names_are_made(named: Any) -> None:
    with pytest.raises(FigureError, match=r"only parts of|this version has no|nothing that a figure is made of"):
        find_dataclass(named)


def changed(change: Callable[[dict[str, Any]], object], **parts: bytes) -> bytes:
    """The archive of one figure with another tree, and further or other parts."""
    before = zipfile.ZipFile(io.BytesIO(archive(FIGURE)))
    tree = json.loads(before.read("figures.json"))
    change(tree)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as after:
        after.writestr("figures.json", json.dumps(tree))
        for name in before.namelist():
            if name.endswith(".npy"):
                after.writestr(name, parts.get("array", before.read(name)))
    return file.getvalue()


def nested(tree: dict[str, Any]) -> None:
    for _ in range(60):
        tree["figures"] = [tree["figures"]]


def npy_claiming(shape: tuple[int, ...]) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return file.getvalue()


def pickled() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([len], dtype=object), allow_pickle=True)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "holds no figures of this tool"),
        (b"%PDF-1.7", "holds no figures of this tool"),
        (b"PK\x03\x04 and then nothing", "it is damaged"),
        (archive(FIGURE)[:-40], "it is damaged"),
        (archive(FIGURE)[:200] + b"\0" * 40 + archive(FIGURE)[240:], "damaged"),
        (changed(lambda tree: tree.update(schema=SCHEMA + 1)), "newer version .* update the tool"),
        (changed(lambda tree: tree.update(schema="x")), "list of figures is damaged"),
        (changed(lambda tree: tree.update(format="x")), "holds no figures of this tool"),
        (changed(lambda tree: tree.update(figures=[3])), "entry 1 is no figure"),
        (changed(lambda tree: tree["figures"][0].update({"is": "os:system"})), "only parts of"),
        (changed(lambda tree: tree["figures"][0]["fields"].update(drawing="x")), "entry 1 is no figure"),
        (changed(lambda tree: tree["figures"][0]["fields"].update(title=4)), "entry 1 is no figure"),
        (changed(lambda tree: tree["figures"][0]["fields"].update(newer=4)), "does not know: update the tool"),
        (changed(lambda tree: tree["figures"][0]["fields"].pop("provenance")), "cannot be made of its entries"),
        (changed(lambda tree: tree["figures"][0]["fields"]["provenance"]["fields"].update(seed="x")), "seed"),
        (changed(lambda tree: tree["figures"].append({"_array": "x"})), "means nothing here"),
        (changed(lambda tree: tree["figures"].append({"float": "system"})), "is no number"),
        (changed(lambda tree: tree["figures"].append({"number": ["eval", 1]})), "it is damaged"),
        (changed(lambda tree: tree["figures"].append({"array": "missing.npy"})), "it is damaged"),
        (changed(nested), "nested deeper than 40"),
        (changed(lambda tree: None, array=npy_claiming((2**40,))), "one of its arrays is damaged"),
        (changed(lambda tree: None, array=npy_claiming((0, -5))), "damaged"),
        (changed(lambda tree: None, array=b"no array"), "it is damaged"),
        (changed(lambda tree: None, array=pickled()), "one of its arrays is damaged"),
    ],
)  # fmt: skip
def test_other_and_damaged_files_are_refused(content: bytes, reason: str) -> None:
    with pytest.raises(FigureError, match=rf"(?s)^my\.figures .*{reason}"):
        read(content)


def test_deep_json_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as after:
        after.writestr("figures.json", "[" * 200_000)
    with pytest.raises(FigureError, match="cannot be read"):
        read(file.getvalue())


def test_a_file_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as after:
        after.writestr("figures.json", "{}")
        after.writestr("x.npy", bytes(2**20))
    content = bytearray(file.getvalue())
    place = content.rfind(b"PK\x01\x02") + 24  # its size, as the list at the end of the file claims it
    content[place : place + 4] = (2**32 - 2).to_bytes(4, "little")
    with pytest.raises(FigureError, match="unpacks to 4,294,967,296 bytes; expected at most"):
        read(bytes(content))


def test_reading_changes_nothing_in_what_was_kept() -> None:
    before = draw_file(FIGURE.drawing, "svg")
    archive(replace(FIGURE, note="x"))
    assert draw_file(FIGURE.drawing, "svg") == before


@pytest.mark.parametrize("kind", SAMPLES)
def test_every_kind_of_drawing_comes_back_and_draws_the_same(kind: str) -> None:
    figure = Figure(SAMPLES[kind](), MADE)
    (found,) = read_archive(write_archive([figure]))
    assert type(found.drawing) is type(figure.drawing)
    assert draw_file(found.drawing, "svg", SMALL) == draw_file(figure.drawing, "svg", SMALL)
    assert (found.drawing.numbers(), found.drawing.caption()) == (figure.drawing.numbers(), figure.drawing.caption())

"""The case strip without a browser: what is packed, what is answered, what is refused."""

import io
import json
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from app.components.case_strip import CaseEntry, CaseFilter, CaseStripError, CaseStripState, make_thumbnail
from app.components.case_strip.block import MAGIC, Settings, first_page, make_block, read_request
from app.components.case_strip.entries import make_catalogue
from app.components.case_strip.thumbnails import encode_thumbnail
from tests.app.apps.case_pictures import coded_entry, coded_picture

DEMO = Path(__file__).parent / "apps" / "case_strip_demo.py"
ENTRIES = [coded_entry(k) for k in range(30)]
SETTINGS = Settings("strip", "strip", 60, 480)


def catalogue_of(entries: Sequence[CaseEntry], **changes: Any) -> Any:
    return make_catalogue(entries, **{"class_names": ("no effusion", "effusion"), "source": "a"} | changes)


def block_of(rows: Sequence[int], thumbnails: Any, selected: str | None = None) -> tuple[dict[str, Any], bytes]:
    answer = make_block(
        ENTRIES, rows, thumbnails, catalogue=catalogue_of(ENTRIES), ticket="t", selected=selected,
        wanted=CaseFilter(), settings=SETTINGS,
    )  # fmt: skip
    length = struct.unpack("<I", answer.blob[4:8])[0]
    assert answer.blob[:4] == MAGIC
    return json.loads(answer.blob[8 : 8 + length]), answer.blob[8 + length :]


def test_each_picture_in_the_block_is_its_own_to_the_last_grey_level() -> None:
    generator = np.random.default_rng(0)
    drawn = {entry.id: generator.integers(0, 256, (5, 9), dtype=np.uint8) for entry in ENTRIES}
    header, body = block_of([3, 29, 0], lambda ids: {case_id: drawn[case_id] for case_id in reversed(ids)})
    assert [(image["row"], image["id"]) for image in header["images"]] == [(k, ENTRIES[k].id) for k in (3, 29, 0)]
    for image in header["images"]:
        file = io.BytesIO(body[image["offset"] : image["offset"] + image["length"]])
        np.testing.assert_array_equal(np.asarray(Image.open(file)), drawn[image["id"]])


def test_the_words_of_all_cases_are_in_every_block_and_read_back() -> None:
    header, body = block_of([], lambda ids: pytest.fail("no picture was wanted"))
    columns = json.loads(zlib.decompress(body[: header["catalogue_length"]]))
    assert columns["ids"] == [entry.id for entry in ENTRIES]
    for name in ("label", "prediction"):
        words = [None if k < 0 else columns["words"][k] for k in columns[name + "s"]]
        assert words == [getattr(entry, name) for entry in ENTRIES]


def test_a_picture_left_out_is_named_as_missing() -> None:
    header, _ = block_of([1, 2], lambda ids: {ids[1]: coded_picture(2)})
    assert header["missing"] == [1]
    assert [image["row"] for image in header["images"]] == [2]


def test_the_catalogue_changes_with_all_that_could_put_a_picture_beside_the_wrong_words() -> None:
    base = catalogue_of(ENTRIES)
    assert catalogue_of(list(ENTRIES)).digest == base.digest
    assert catalogue_of(ENTRIES, known=base) is base
    swapped = [ENTRIES[1], ENTRIES[0], *ENTRIES[2:]]
    relabelled = [CaseEntry(ENTRIES[0].id, "other"), *ENTRIES[1:]]
    others = [catalogue_of(swapped), catalogue_of(relabelled), catalogue_of(ENTRIES[:-1])]
    others += [catalogue_of(ENTRIES, source="b"), catalogue_of(ENTRIES, class_names=("effusion", "no effusion"))]
    assert len({base.digest, *(other.digest for other in others)}) == 6


def test_classes_keep_the_models_order_and_labels_beyond_them_follow() -> None:
    entries = [CaseEntry("a", "unclear", "b"), CaseEntry("c", "b", "b"), CaseEntry("d", None, "a")]
    assert make_catalogue(entries, class_names=("b", "a"), source="").classes == ("b", "a", "unclear")


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (CaseFilter(), list(range(30))),
        (CaseFilter("misclassified"), [3, 14, 25]),
        (CaseFilter("unlabelled"), [28]),
        (CaseFilter("class:effusion", "case-002"), [20, 21, 25, 26]),
        (CaseFilter(query=" CASE-0007 "), [7]),
        (CaseFilter(query="no eff"), [k for k in range(28) if k % 5 > 1] + [29]),
        (CaseFilter("class:gone"), []),
    ],
)
def test_a_filter_leaves_what_it_says(wanted: CaseFilter, numbers: list[int]) -> None:
    shown = [k for k, entry in enumerate(ENTRIES) if wanted.matches(entry)]
    if wanted.query == "no eff":
        numbers = [k for k in numbers if ENTRIES[k].label == "no effusion"]
    assert shown == numbers


def test_a_filter_for_a_class_that_is_gone_leaves_every_class() -> None:
    assert CaseFilter("class:gone", "x").within(("a", "b")) == CaseFilter("all", "x")
    assert CaseFilter("class:a", "x").within(("a", "b")) == CaseFilter("class:a", "x")


def test_the_page_with_the_selected_case_opens() -> None:
    assert first_page(ENTRIES, CaseFilter(), "case-0025", 10) == tuple(range(20, 30))
    assert first_page(ENTRIES, CaseFilter(), None, 10) == tuple(range(10))
    assert first_page(ENTRIES, CaseFilter("misclassified"), "case-0025", 2) == (25,)
    assert first_page(ENTRIES, CaseFilter("misclassified"), "case-0001", 2) == (3, 14)


@pytest.mark.parametrize(
    "value",
    [None, "x", {}, {"catalogue": "older", "rows": [1], "filter": {}}, {"rows": [1]}, {"catalogue": "now", "rows": 1}],
)
def test_a_request_that_does_not_fit_is_no_request(value: object) -> None:
    catalogue = catalogue_of(ENTRIES)
    if isinstance(value, dict) and value.get("catalogue") == "now":
        value = value | {"catalogue": catalogue.digest}
    assert read_request(value, catalogue, 30, 60) is None


def test_rows_that_do_not_exist_and_rows_beyond_a_page_are_not_answered() -> None:
    catalogue = catalogue_of(ENTRIES)
    asked = {"catalogue": catalogue.digest, "ticket": "a", "rows": [2, -1, 30, "3", *range(4, 20)], "filter": {}}
    request = read_request(asked, catalogue, 30, 5)
    assert request is not None
    assert request.rows == (2, 4, 5, 6, 7)
    assert request.filter == CaseFilter()


def test_neighbours_stop_at_the_ends_and_start_at_the_first() -> None:
    shown = ("a", "b", "c")
    assert CaseStripState("b", False, shown).neighbour(1) == "c"
    assert CaseStripState("c", False, shown).neighbour(1) == "c"
    assert CaseStripState("a", False, shown).neighbour(-1) == "a"
    assert CaseStripState("hidden", False, shown).neighbour(1) == "a"
    assert CaseStripState("a", False, ()).neighbour(1) is None


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((1, 256, 256), (88, 88)),
        ((1, 300, 150), (88, 44)),
        ((3, 100, 400), (22, 88, 3)),
        ((1, 28, 28), (28, 28)),
        ((1, 2, 999), (1, 88)),
    ],
)
def test_a_thumbnail_keeps_the_aspect_and_never_enlarges(shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    thumbnail = make_thumbnail(np.full(shape, 0.5, dtype=np.float32))
    assert thumbnail.shape == expected
    assert thumbnail.dtype == np.uint8
    assert (thumbnail == 128).all()


def test_a_thumbnail_stretches_no_grey_scale_and_rings_at_no_edge() -> None:
    edge = np.full((1, 256, 256), 0.25, dtype=np.float32)
    edge[:, :, 128:] = 0.75
    thumbnail = make_thumbnail(edge)
    assert thumbnail.min() == 64
    assert thumbnail.max() == 191


def test_fine_stripes_become_grey_and_not_other_stripes() -> None:
    stripes = np.zeros((1, 352, 352), dtype=np.float32)
    stripes[..., ::2] = 1.0
    inner = make_thumbnail(stripes)[2:-2, 2:-2].astype(int)
    assert np.ptp(inner) <= 1
    assert abs(inner.mean() - 127.5) <= 1
    picked = np.rint(stripes[0, ::4, ::4] * 255)  # what taking every fourth pixel makes of it
    assert picked.mean() == 255


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((8, 8)), r"\[C, H, W\]"),
        (np.zeros((2, 8, 8)), "1 or 3 channels"),
        (np.full((1, 8, 8), 1.5), r"expected \[0, 1\]"),
        (np.full((1, 8, 8), np.nan), r"expected \[0, 1\]"),
    ],
)
def test_what_is_no_picture_makes_no_thumbnail(pixels: np.ndarray, message: str) -> None:
    with pytest.raises(CaseStripError, match=message):
        make_thumbnail(pixels)


@pytest.mark.parametrize("bad", [np.zeros((8, 8)), np.zeros((8, 8, 4), np.uint8), np.zeros((9, 600), np.uint8)])
def test_the_case_with_a_bad_thumbnail_is_named(bad: np.ndarray) -> None:
    with pytest.raises(CaseStripError, match=r"case-0007 .*make_thumbnail"):
        encode_thumbnail("case-0007", bad)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"id": ""}, "empty id"),
        ({"id": "a", "label": ""}, "case a has an empty label"),
        ({"id": "a", "probability": 1.2}, "case a has probability 1.2"),
        ({"id": "a", "probability": float("nan")}, "case a has probability nan"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(CaseStripError, match=message):
        CaseEntry(**arguments)


def test_two_cases_with_one_id_are_refused() -> None:
    with pytest.raises(CaseStripError, match="two cases have the id 'a'"):
        make_catalogue([CaseEntry("a"), CaseEntry("a")], class_names=(), source="")


def test_a_rerun_sends_the_same_bytes_and_another_selection_no_picture() -> None:
    page = AppTest.from_file(str(DEMO), default_timeout=30).run()
    assert not page.exception
    assert page.session_state["sent"] == 60
    first = page.session_state["_case_strip_strip"].blob
    assert page.run().session_state["_case_strip_strip"].blob is first
    page.session_state["selected"] = "case-0009"
    second = page.run().session_state["_case_strip_strip"].blob
    assert page.session_state["sent"] == 60
    assert len(second) < len(first) / 2


def test_a_request_is_answered_once_with_what_it_asked_for() -> None:
    page = AppTest.from_file(str(DEMO), default_timeout=30).run()
    digest = page.session_state["_case_strip_strip"].catalogue.digest
    wanted = {"choice": "misclassified", "query": ""}
    page.session_state["strip"] = {"request": {"ticket": "a-1", "catalogue": digest, "rows": [3, 14], "filter": wanted}}
    page.run()
    assert page.session_state["sent"] == 62
    assert page.session_state["_case_strip_strip"].filter == CaseFilter("misclassified")
    assert page.run().session_state["sent"] == 62

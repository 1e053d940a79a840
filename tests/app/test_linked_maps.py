"""The Python side of the linked maps: what is refused, what the browser may say, whose selection counts."""

import base64
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.components.linked_maps import LinkedMapsError, points_in_polygon
from app.components.linked_maps.header import make_header
from app.components.linked_maps.maps import _SCRIPTS, _STYLES, Memory, _opened, settle
from app.components.linked_maps.selection import Choice, pack_mask, read_choice, read_gesture
from tests.app.apps.drawn_maps import drawn_colours, drawn_panels

N = 1003
CASES = "xaae/cases/abc"


def message(mask: np.ndarray, **changes: object) -> dict[str, object]:
    """What the browser sends for a mask."""
    bits = base64.b64encode(pack_mask(mask)).decode()
    return {
        "ticket": "a-1",
        "cases": CASES,
        "n": len(mask),
        "packing": "plain",
        "bits": bits,
        "gesture": None,
    } | changes


def read(value: object) -> Choice | None:
    return read_choice(value, n=N, cases=CASES, panels=["tsne"])


@pytest.fixture
def mask() -> np.ndarray:
    return np.random.default_rng(0).random(N) < 0.3


@pytest.mark.parametrize("is_deflated", [False, True])
def test_a_selection_comes_back_bit_for_bit_and_read_only(mask: np.ndarray, is_deflated: bool) -> None:
    sent = message(mask)
    if is_deflated:
        sent |= {"packing": "deflate", "bits": base64.b64encode(zlib.compress(pack_mask(mask))).decode()}
    choice = read(sent)
    assert choice is not None
    assert np.array_equal(choice.mask, mask)
    assert not choice.mask.flags.writeable


@pytest.mark.parametrize(
    "changes",
    [
        {"n": N - 1},
        {"n": str(N)},
        {"cases": "xaae/cases/other"},
        {"cases": None},
        {"ticket": 7},
        {"ticket": "x" * 500},
        {"bits": None},
        {"bits": "not base64!"},
        {"bits": ""},
        {"bits": base64.b64encode(b"\xff" * 10).decode()},
        {"bits": base64.b64encode(b"\xff" * 126).decode()},  # bits beyond the last case
        {"packing": "deflate"},
        {"packing": "deflate", "bits": base64.b64encode(zlib.compress(bytes(10**6))).decode()},
        {"bits": "A" * 10**6},
    ],
)
def test_what_is_not_a_selection_of_these_cases_is_ignored(mask: np.ndarray, changes: dict[str, object]) -> None:
    assert read(message(mask)) is not None
    assert read(message(mask, **changes)) is None


@pytest.mark.parametrize("value", [None, 3, "a", [], {}, {"ticket": "a"}, {"bits": []}])
def test_nonsense_is_ignored(value: object) -> None:
    assert read(value) is None
    assert read_gesture(value, ["tsne"]) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "circle"},
        {"panel": "other"},
        {"polygon": [[0, 0], [1, 1]]},
        {"polygon": [[0, 0], [1, 1], [2, float("nan")]]},
        {"polygon": [[0, 0], [1, 1], ["2", 3]]},
        {"polygon": [[0, 0], [1, 1], [True, 3]]},
        {"polygon": [[0, 0]] * 5000},
        {"polygon": "x"},
    ],
)
def test_only_a_polygon_of_finite_numbers_on_a_known_map_is_a_gesture(changes: dict[str, object]) -> None:
    gesture: dict[str, object] = {"kind": "lasso", "panel": "tsne", "polygon": [[0, 0], [1, 0.5], [2, 3]]}
    found = read_gesture(gesture, ["tsne"])
    assert found is not None
    assert found.polygon == ((0.0, 0.0), (1.0, 0.5), (2.0, 3.0))
    assert read_gesture(gesture | changes, ["tsne"]) is None


def test_points_in_a_polygon_are_those_matplotlib_finds() -> None:
    from matplotlib.path import Path as Outline

    random = np.random.default_rng(1)
    turn = np.sort(random.uniform(0, 2 * np.pi, 40))
    polygon = random.uniform(0.4, 1.2, 40)[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    points = random.uniform(-1.5, 1.5, size=(20_000, 2))
    assert np.array_equal(points_in_polygon(points, polygon), Outline(polygon).contains_points(points))


def test_polygons_that_share_an_edge_share_no_point() -> None:
    corners = np.mgrid[0:3, 0:3].reshape(2, -1).T.astype(float)
    squares = [np.array([(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)]) for x in (0, 1) for y in (0, 1)]
    hits = np.sum([points_in_polygon(corners, square) for square in squares], axis=0)
    assert hits.max() == 1
    with pytest.raises(LinkedMapsError, match="three corners"):
        points_in_polygon(corners, corners[:2])


def choose(mask: np.ndarray, ticket: str) -> Choice:
    return Choice(ticket, mask, None)


def test_the_latest_of_reader_and_page_counts(mask: np.ndarray) -> None:
    memory, is_new = settle(None, None, None, CASES)
    assert (memory.selected, is_new) == (None, False)
    memory, is_new = settle(memory, choose(mask, "a-1"), None, CASES)
    assert is_new
    assert memory.source == "a-1"
    memory, is_new = settle(
        memory, choose(mask, "a-1"), mask, CASES
    )  # the page passes it back: no news for the browser
    assert (is_new, memory.source) == (False, "a-1")
    memory, is_new = settle(memory, choose(mask, "a-1"), ~mask, CASES)
    assert (is_new, memory.source.startswith("page:")) == (False, True)
    assert memory.selected is not None
    assert np.array_equal(memory.selected, ~mask)
    memory, is_new = settle(memory, choose(mask, "a-2"), ~mask, CASES)
    assert (is_new, memory.source) == (True, "a-2")
    memory, is_new = settle(memory, choose(mask, "a-2"), None, CASES)
    assert (memory.selected, memory.source, is_new) == (None, "page", False)


def test_other_cases_forget_the_selection(mask: np.ndarray) -> None:
    memory = Memory(CASES, ticket="a-1", source="a-1", selected=mask)
    memory, is_new = settle(memory, None, None, "xaae/cases/other")
    assert (memory.selected, is_new) == (None, False)


def test_only_a_row_of_the_cohort_is_opened() -> None:
    cohort = np.array([True, False, True])
    assert _opened({"cases": CASES, "row": 2}, CASES, 3, cohort) == 2
    for row in (1, 3, -1, True, 2.0, "2", None):
        assert _opened({"cases": CASES, "row": row}, CASES, 3, cohort) is None
    assert _opened({"cases": "other", "row": 2}, CASES, 3, cohort) is None
    assert _opened(None, CASES, 3, None) is None


def test_a_rerun_sends_words_and_addresses_but_no_arrays() -> None:
    n = 200_000
    header, served = make_header(
        drawn_panels(n, has_doubt=True, has_placed=True), drawn_colours(n, "score"), key="maps", cases_url=CASES,
        cohort=np.ones(n, dtype=bool), selected=None, source="page", show_doubtful=True, n_label="cases",
    )  # fmt: skip
    assert len(json.dumps(header)) < 30_000
    sizes = sorted(len(item.content) for item in served)
    assert sizes[-2:] == [8 * n, 8 * n]
    again, _ = make_header(
        drawn_panels(n, has_doubt=True, has_placed=True), drawn_colours(n, "score"), key="maps", cases_url=CASES,
        cohort=np.ones(n, dtype=bool), selected=None, source="page", show_doubtful=True, n_label="cases",
    )  # fmt: skip
    assert again == header


def page() -> None:
    import numpy as np
    import streamlit as st

    from app.components.linked_maps import linked_maps
    from tests.app.apps.drawn_maps import drawn_colours, drawn_panels

    cohort = np.arange(1003) % 2 == 0
    state = linked_maps(
        drawn_panels(1003), drawn_colours(1003, "label"), key="maps", cases_url="xaae/cases/abc", in_cohort=cohort
    )
    st.session_state["seen"] = state


def test_the_page_hears_of_a_selection_once_and_of_none_outside_the_cohort(mask: np.ndarray) -> None:
    app = AppTest.from_function(page).run()
    assert not app.exception
    assert app.session_state["seen"].selected is None
    app.session_state["maps"] = {"selection": message(mask), "open": {"cases": CASES, "row": 4}}
    app.run()
    seen = app.session_state["seen"]
    assert np.array_equal(seen.selected, mask & (np.arange(N) % 2 == 0))
    assert not seen.selected.flags.writeable
    assert seen.is_new
    app.run()
    seen = app.session_state["seen"]
    assert (seen.is_new, int(seen.selected.sum())) == (False, int((mask & (np.arange(N) % 2 == 0)).sum()))


def test_every_script_and_style_is_joined() -> None:
    from app.components import linked_maps as package

    folder = Path(str(package.__file__)).parent
    assert {path.name for path in folder.glob("*.js")} == set(_SCRIPTS)
    assert {path.name for path in folder.glob("*.css")} == set(_STYLES)

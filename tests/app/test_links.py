"""Links: every page's address opens the same view in a new session, and nonsense in one never fails a page."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from app import maps_state, state
from app.kept_selections import keep_selection, read_selection, selection_id
from app.known_models import find_model, remember_model
from app.link_words import said, says
from app.settings import read_settings
from app.views import COMMON, KEYS, View, view_of
from tests.app.cli_folders import write_model
from tests.app.session import Session
from xaae_core.case_tokens import case_token
from xaae_core.checkpoints import file_sha256
from xaae_core.demo import demo_checkpoint
from xaae_core.errors import ViewError

ROOT = Path(__file__).resolve().parents[2]
CASE = "images/phantom-000121.png"
DEMO = file_sha256(demo_checkpoint())
SETTINGS: dict[str, dict[str, Any]] = {
    "traverse": {"target": "one dimension of z", "axis": "3", "range": "± 2 SD", "steps": "11", "skips": "0.50",
                 "seed": "7", "step": "1.2"},
    "maps": {"left": "PCA", "right": "PCA", "map_cases": "folder", "doubt": "true", "min_dist": "0.3",
             "map_seed": "4", "perplexity": "20"},
    "attributions": {"methods": ["Saliency", "Grad-CAM"], "checks": "false", "ig_steps": "16", "attr_seed": "3"},
    "examples": {"examples": "4", "searched": "those of the cohort", "influence_limit": "100"},
    "start": {},
    "train": {},
}  # fmt: skip


pytestmark = pytest.mark.usefixtures("demo_in_empty_places")


def opened(page: str, **address: Any) -> Session:
    return Session("" if page == "start" else page, **address).run()


@pytest.mark.parametrize("page", [page for page in SETTINGS if page != "train"])
def test_the_address_of_every_page_opens_the_same_view_in_a_new_session(page: str) -> None:
    """The settings stand in the address of the first session, and its address makes the same address in a second."""
    first = opened(page, case=case_token(CASE), cohort="", **SETTINGS[page])
    first.assert_well()
    assert first.words("info") == ""
    address = dict(first.app.query_params)
    assert {key: address.get(key) for key in SETTINGS[page]} == SETTINGS[page]
    assert (address["model"], address["case"]) == (DEMO[:16], case_token(CASE))
    second = opened(page, **address)
    second.assert_well()
    assert dict(second.app.query_params) == address
    assert second.words("info") == ""
    assert second.app.session_state[state.CASE] == CASE


def test_the_case_that_was_opened_by_default_is_in_the_address_and_stays_open_by_default() -> None:
    session = opened("traverse")
    token = session.app.query_params["case"]
    assert token == case_token(f"images/{session.shown_case}.png")
    assert session.app.session_state[state.CASE] == "", "it is not chosen: a cohort may exchange it"
    session.run()
    assert session.app.session_state[state.CASE] == ""


def test_another_page_has_the_case_again_and_the_path_opens_where_it_was_left() -> None:
    session = opened("traverse", case=CASE, step="-0.6", range="± 2 SD")
    assert session.path.header["start"] == pytest.approx(-0.6)
    session.go("maps.py")
    address = session.app.query_params
    assert (address["case"], "step" in address, "range" in address) == (case_token(CASE), False, False)
    session.go("traverse.py")
    assert (session.app.query_params["step"], session.app.query_params["range"]) == ("-0.6", "± 2 SD")
    assert session.path.header["start"] == pytest.approx(-0.6)


def test_where_the_slider_is_released_is_in_the_address() -> None:
    session = opened("traverse")
    session._run_answering(import_module("app.path_section"), "path_viewer", sd=0.9)
    assert session.app.query_params["step"] == "0.9"
    session._run_answering(import_module("app.path_section"), "path_viewer", sd=0.0)
    assert "step" not in session.app.query_params


def test_a_selection_is_kept_under_a_short_id_and_a_link_chooses_it_again(tmp_path: Path) -> None:
    ids = [CASE, "images/phantom-000459.png"]
    session = opened("maps")
    session.app.session_state[state.CASE] = CASE
    short = keep_selection(ids, read_settings().cache)
    assert short == selection_id(list(reversed(ids)))
    other = opened("maps", chosen=short)
    assert set(other.app.session_state["selection"]) == set(ids)
    assert other.app.query_params["chosen"] == short
    assert [path.name for path in (read_settings().cache / "selections").iterdir()] == [f"{short}.json"]


def test_a_model_is_found_by_its_hash_and_forgotten_when_its_file_changes(tmp_path: Path) -> None:
    path, settings = write_model(tmp_path / "elsewhere" / "tiny.safetensors"), read_settings()
    short = file_sha256(path)[:16]
    assert find_model(short, settings) is None
    remember_model(file_sha256(path), path, settings.cache)
    assert find_model(short, settings) == path
    write_model(path, seed=1)
    assert find_model(short, settings) is None
    assert not list((settings.cache / "known_models").glob("*.json"))
    assert find_model(DEMO[:16], settings) == demo_checkpoint()


def test_a_link_opens_the_model_and_the_data_that_it_names(tiny_model: Path, tiny_pictures: Path,
    monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("XAAE_CHECKPOINT", str(tiny_model))
    monkeypatch.setenv("XAAE_DATA", str(tiny_pictures))
    address = dict(opened("traverse", case="dark/05.png", range="± 2 SD").app.query_params)
    monkeypatch.delenv("XAAE_CHECKPOINT")
    monkeypatch.delenv("XAAE_DATA")
    session = opened("traverse", **address)
    session.assert_well()
    assert session.app.session_state[state.CHECKPOINT] == str(tiny_model)
    assert session.app.session_state[state.DATA] == str(tiny_pictures)
    assert (session.shown_case, session.app.query_params["range"]) == ("dark/05", "± 2 SD")
    assert session.words("info") == ""


def test_a_link_to_a_model_that_is_not_there_names_the_hash_and_can_go_on(tiny_model: Path) -> None:
    short = file_sha256(tiny_model)[:16]
    session = opened("traverse", model=short, case=case_token(CASE), range="± 2 SD", step="1.2")
    assert short in session.words("warning")
    assert not session.app.get("bidi_component")
    session.app.button(key="link_go_on").click().run()
    session.assert_well()
    assert short[:12] in session.words("info")
    assert (session.shown_case, session.path.header["start"]) == ("phantom-000121", 1.2)
    assert session.app.query_params["range"] == "± 2 SD"
    assert session.app.query_params["model"] == DEMO[:16]


def test_opening_the_missing_model_restores_the_rest_of_the_link(tiny_model: Path) -> None:
    session = opened("traverse", model=file_sha256(tiny_model)[:16], range="± 2 SD", step="1.2", cohort="x")
    assert session.app.button(key="link_go_on")
    session.app.session_state[state.CHECKPOINT] = str(tiny_model)
    session.run()
    session.assert_well()
    assert session.app.query_params["range"] == "± 2 SD"
    assert session.words("warning") == ""


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ({"nonsense": "1", "b" * 300: "2"}, "“nonsense”"),
        ({"case": "nobody.png"}, "nobody.png"),
        ({"case": "0123456789ab"}, "0123456789ab"),
        ({"case": "\x00\x1b[2J\u202e"}, "no case"),
        ({"case": "x" * 100_000}, "case is too long"),
        ({"model": "../../etc/passwd"}, "no hash of a model"),
        ({"model": "\x00"}, "no hash of a model"),
        ({"data": "zzz"}, "no fingerprint"),
        ({"data": "0" * 16}, "made with other data"),
        ({"chosen": "0" * 10}, "0000000000"),
        ({"chosen": "../secret"}, "secret"),
        ({"cohort": "no cohort at all"}, "cohort"),
        ({"step": "nan"}, "“nan”"),
        ({"step": "1e300"}, "no place on a path"),
        ({"step": "left"}, "“left”"),
        ({"axis": "many", "target": "one dimension of z"}, "no dimension of z"),
        ({"axis": "99999", "target": "one dimension of z"}, "“99999”"),
        ({"axis": "3 · spread 0.2", "target": "one dimension of z"}, ""),
        ({"axis": "3"}, ""),
        ({"step": "50"}, "“50”"),
        ({"range": "± 99 SD"}, "range"),
        ({"steps": "12"}, "steps"),
        ({"target": "dragons"}, "dragons"),
        ({"seed": "99999999999999999999999", "skips": "0.50"}, "seed"),
        ({"skips": ["1", "2", "3"]}, "skips"),
        ({"target": "effusion", "range": "± 3 SD", "steps": "21"}, ""),
    ],
)  # fmt: skip
def test_nonsense_in_a_link_is_named_and_the_rest_restored(address: dict[str, Any], named: str) -> None:
    session = opened("traverse", **{"seed": "5", **address})
    session.assert_well()
    assert named in session.words("info")
    if not named:
        assert session.words("info") == ""
    assert session.shown_case.startswith("phantom")
    assert "nonsense" not in session.app.query_params
    assert not any(character in session.words("info") for character in "\x00\x1b\u202e")
    if "seed" not in address:
        assert session.app.query_params["seed"] == "5"


@pytest.mark.parametrize("page", ["start", "maps", "attributions", "examples", "train"])
def test_no_page_fails_at_nonsense(page: str) -> None:
    words = {key: "\x00'; DROP <script>" for key in (*COMMON, *KEYS[page], "unknown") if key != "model"}
    session = opened(page, **words)
    session.assert_well()
    assert "unknown" in session.words("info")


def test_every_control_that_stands_in_the_address_is_a_known_key() -> None:
    """A key that the table does not have would be taken out of links."""
    known = {key for keys in KEYS.values() for key in keys}
    bound = set()
    for file in (ROOT / "app").rglob("*.py"):
        for module, name in re.findall(r"key=(\w*state)\.(\w+),\s+bind=\"query-params\"", file.read_text("utf-8")):
            bound.add(getattr(import_module(f"app.{module}"), name))
    assert len(bound) > 20
    assert bound <= known


@pytest.mark.parametrize(
    ("text", "value", "is_said"),
    [
        ("± 3 SD", 3.0, True), ("± 9 SD", 3.0, False), ("true", True, True), ("true", False, False),
        ("integrated_gradients,grad_cam", ["integrated_gradients"], True), ("dragons", "effusion", False),
        ("score towards “effusion”", "direction:effusion", True), ("", "", True), ("\x00", "effusion", False),
    ],
)  # fmt: skip
def test_a_setting_that_is_as_it_comes_is_not_taken_for_one_that_cannot_be(
    text: str, value: Any, is_said: bool
) -> None:
    assert says(text, value) is is_said


def test_what_links_say_is_shown_letter_by_letter_on_one_line() -> None:
    assert said("a\nb\x1b[2J") == "a�b�\\[2J"
    assert len(said("x" * 100_000)) <= 42


def test_a_view_is_json_and_a_link_with_the_keys_in_order() -> None:
    view = view_of("traverse", "a" * 64, case="b" * 12, range="± 2 SD", methods=("x", "y"), seed="")
    assert View.from_json(view.to_json()) == view
    assert view.link() == f"traverse?case={'b' * 12}&methods=x&methods=y&model={'a' * 16}&range=%C2%B1+2+SD"


TOO_MANY = {letter * n: ["x"] for letter in "ab" for n in range(1, 41)}


@pytest.mark.parametrize("raw", [None, [], {"page": "nowhere"}, {"page": "maps", "query": {"a": 1}},
    {"page": "maps", "query": {"A B": ["x"]}}, {"page": "maps", "query": {"a": ["x" * 9000]}},
    {"page": "maps", "query": TOO_MANY}])  # fmt: skip
def test_a_view_with_nonsense_is_refused(raw: object) -> None:
    with pytest.raises(ViewError):
        View.from_json(raw)


def test_a_damaged_selection_is_refused(tmp_path: Path) -> None:
    short = keep_selection(["a", "b"], tmp_path)
    assert read_selection(short, tmp_path) == ("a", "b")
    (tmp_path / "selections" / f"{short}.json").write_text('["a"]')
    with pytest.raises(ViewError, match="damaged"):
        read_selection(short, tmp_path)
    assert keep_selection([], tmp_path) == ""
    assert keep_selection(["a"], tmp_path / "selections" / f"{short}.json") == selection_id(["a"]), "no folder: no harm"


def test_what_is_written_of_the_maps_is_where_the_page_looks() -> None:
    assert maps_state.CASES in KEYS["maps"]

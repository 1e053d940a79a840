"""Every kind of model opens in every page, which shows what it can show of it and says what it cannot, and why."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from app import attributions_state, examples_state, state
from app.controls import ONE_DIMENSION
from tests.app.family_models import (
    MODELS,
    WITH_CLASSES,
    WITH_PRIOR,
    WITHOUT_DECODER,
    classes_of,
    is_of_signals,
    write_bars,
    write_cases,
    write_family_model,
)
from tests.app.session import MODEL_PAGES, Session
from xaae_core.checkpoints import read_card
from xaae_core.model_card import KINDS
from xaae_core.models.catalogue import entry_of

PATIENCE_SECONDS = 60
OpenModel = Callable[[str, str], Session]


@pytest.fixture(scope="module")
def open_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenModel]:
    """``open_model(name, page)``: one session for each model, which goes from page to page as a reader does."""
    folder = tmp_path_factory.mktemp("family_pages")
    sessions: dict[str, Session] = {}
    torch.set_num_threads(1)

    def start(name: str, page: str) -> Session:
        if name not in sessions:
            sessions.clear()  # one model after the other: the app keeps four in memory
            session = Session(methods="integrated_gradients,latent_shift,grad_cam", checks="false")
            sessions[name] = session
            environment.setenv("XAAE_CHECKPOINT", str(write_family_model(folder, name)))
            environment.setenv("XAAE_DATA", str(write_cases(folder, name)))
            session.run()
        return sessions[name].go(page)

    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("XAAE_PICTURES", raising=False)
        for switch, place in (("CACHE", "cache"), ("MODELS", "models"), ("RUNS", "runs"), ("BROWSE", ".")):
            environment.setenv(f"XAAE_{switch}", str(folder / place))
        yield start


def test_these_are_all_kinds(tmp_path: Path) -> None:
    kinds = {read_card(write_family_model(tmp_path, name)).kind for name in MODELS}
    assert kinds == set(KINDS)


@pytest.mark.parametrize("page", MODEL_PAGES)
@pytest.mark.parametrize("name", MODELS)
def test_every_page_shows_what_the_model_can(open_model: OpenModel, name: str, page: str) -> None:
    session = open_model(name, page)
    session.assert_well()
    _CHECKS[page](session, name)


def check_start(session: Session, name: str) -> None:
    facts = "\n".join(element.proto.body for element in session.app.get("html"))
    assert f"numbers a {'signal' if is_of_signals(name) else 'picture'}" in facts
    learned = (
        ", ".join(classes_of(name)) if name in WITH_CLASSES else "pairs of cases" if "Ada" in name else "without labels"
    )
    assert learned in facts
    entry = entry_of(MODELS[name]())
    assert entry is None or entry.title in facts, "it is not said what kind of model it is"
    assert (f"more {classes_of(name)[1]}" in facts) == (name in WITH_CLASSES)
    moving = [button.label for button in session.app.button if button.label.startswith("Move a case")]
    if name in WITHOUT_DECODER:
        assert_offers_the_rest(session)
    assert moving == (
        [] if name in WITHOUT_DECODER else ["Move a case" + f" towards {classes_of(name)[1]}" * (name in WITH_CLASSES)]
    )


def check_traverse(session: Session, name: str) -> None:
    if name in WITHOUT_DECODER:
        assert_offers_the_rest(session)
        assert len(session.app.get("bidi_component")) == 1, "the cases stay, the viewer goes"
        return
    assert session.app.selectbox(key=state.TARGET).options[: len(classes_of(name))] == list(classes_of(name))
    until(session, lambda: len(session.path.checksums("decoded")) == 21)  # a slow decoder's steps come one by one
    decoded = session.path.checksums("decoded")
    assert decoded[min(decoded)] != decoded[max(decoded)], "the picture does not move"
    assert (session.path.header["class_name"] in classes_of(name)) == (name in WITH_CLASSES)
    session.app.selectbox(key=state.TARGET).set_value(ONE_DIMENSION).run()
    session.assert_well()
    chosen = session.app.selectbox(key=state.AXIS).value
    assert session.path.header["towards"] == f"up dimension {chosen}"
    assert session.path.checksums("decoded") != decoded
    assert f"dimension {chosen} of z has a spread" in session.words("caption")
    assert ("has learned no labels" in session.words("caption")) == (name not in WITH_CLASSES)
    marked = [option for option in session.app.selectbox(key=state.AXIS).options if "hardly used" in option]
    assert name in WITH_PRIOR or not marked, "a model that is not variational leaves no dimension out"


def check_maps(session: Session, name: str) -> None:
    assert session.app.get("bidi_component"), "no map is drawn"
    assert "The direction towards " in session.words("caption")
    colours = next(box for box in session.app.selectbox if box.label == "Colour").options
    assert ("confidence" in colours) == (name in WITH_CLASSES)


def check_attributions(session: Session, name: str) -> None:
    box = session.app.selectbox(key=attributions_state.EXPLAINED)
    assert ("reconstruction error" in box.options) == (name not in WITHOUT_DECODER)
    assert (f"answer for “{classes_of(name)[1]}”" in box.options) == (name in WITH_CLASSES)
    methods = session.app.multiselect(key=attributions_state.METHODS)
    assert ("Latent shift" in methods.options) == (name not in WITHOUT_DECODER)
    until(session, lambda: "It does not show why the case is as it is" in session.words("caption"))
    assert "cannot work here: latent shift draws" in session.words("caption") or name not in WITHOUT_DECODER


def check_examples(session: Session, name: str) -> None:
    until(session, lambda: "Most helpful and most harmful" in session.words("markdown"))
    for row in ("Most similar", "What it is a mixture of"):
        assert row in session.words("markdown")
    others = {data["otherPage"] for data in map(_data_of, session.app.get("bidi_component")) if "otherPage" in data}
    assert others == {"Attributions" if name in WITHOUT_DECODER else "Traverse"}
    if name == "SimCLR":
        assert "Open a model that tells classes apart, or a model that can draw." in session.words("caption")
        assert "no decoder" in session.words("caption")
        assert "no classes" in session.words("caption")
        return
    losses = session.app.selectbox(key=examples_state.LOSS)
    expected = ["how well it is drawn"] * (name not in WITHOUT_DECODER) + ["what it is called"] * (name in WITH_CLASSES)
    assert losses.options == expected
    until(session, lambda: any(button.label == "Find them" for button in session.app.button))


def _data_of(component: Any) -> dict[str, Any]:
    """What a component was sent, where that is JSON."""
    return dict(json.loads(component.proto.json)) if component.proto.json else {}


_CHECKS = {
    "start.py": check_start,
    "traverse.py": check_traverse,
    "maps.py": check_maps,
    "attributions.py": check_attributions,
    "examples.py": check_examples,
}


def assert_offers_the_rest(session: Session) -> None:
    """It is said that nothing can be drawn, and each page that works is one click away."""
    assert "no decoder" in session.words("info")
    keys = {str(button.key) for button in session.app.button}
    for page in ("attributions", "maps", "examples"):
        assert any(key.endswith(f"pages/{page}.py") for key in keys)


def until(session: Session, is_so: Callable[[], bool]) -> None:
    """Look again until background work has ended."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so() and time.monotonic() < end:
        time.sleep(0.1)
        session.run()
        session.assert_well()
    assert is_so()


def test_unlabelled_cases_are_walked_dimension_by_dimension(
    open_session: Callable[..., Session], tmp_path: Path
) -> None:
    data = write_bars(tmp_path / "bars", has_labels=False)
    session = open_session("traverse.py", checkpoint=write_family_model(tmp_path, "VAE"), data=data)
    session.app.selectbox(key=state.TARGET).set_value(ONE_DIMENSION).run()
    session.assert_well()
    assert "nats" in session.words("caption")

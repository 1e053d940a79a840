"""With a model of signals no page speaks of pictures; the start page says what the model takes, in units."""

import re
import time
from collections.abc import Iterator

import pytest
import torch

from tests.app.family_models import write_cases, write_family_model
from tests.app.said_words import said_on_page
from tests.app.session import MODEL_PAGES, Session

_OF_PICTURES = re.compile(r"\b(pictures?|images?|pixels?|px|films?)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """xAAEnet of beats, which has every control: classes, a decoder and skips."""
    folder = tmp_path_factory.mktemp("signal_words")
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XAAE_CHECKPOINT", str(write_family_model(folder, "signal xAAEnet")))
        environment.setenv("XAAE_DATA", str(write_cases(folder, "signal xAAEnet")))
        for switch, place in (("CACHE", "cache"), ("MODELS", "models"), ("RUNS", "runs"), ("BROWSE", ".")):
            environment.setenv(f"XAAE_{switch}", str(folder / place))
        yield Session(methods="integrated_gradients,latent_shift,grad_cam", checks="false").run()


@pytest.mark.parametrize("page", MODEL_PAGES)
def test_no_page_speaks_of_pictures(session: Session, page: str) -> None:
    session.go(page)
    for _ in range(3):  # what works in the background has more to say when it is done
        time.sleep(0.5)
        session.run()
    session.assert_well()
    said = said_on_page(session)
    assert len(said) > 20, "the page is not drawn"
    assert [text for text in said if _OF_PICTURES.search(text)] == []


def test_start_says_what_the_model_takes(session: Session) -> None:
    session.go("start.py")
    facts = next(text for text in said_on_page(session) if "latent code z" in text)
    assert "2 channels × 64 samples at 64 Hz (1 s)" in facts
    assert "II (mV), V2 (mV)" in facts
    assert "3 numbers a signal" in facts

"""What the tests of the examples page share: its tiles, clicks on them, and waiting for what is computed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from PIL import Image

from app import cached_examples
from app.components.example_tiles import ExampleTile, OpenedTile
from app.examples_page import labels_tab, rows
from app.opened_data import open_data
from tests.app.session import Session
from xaae_core.checkpoints import Checkpoint
from xaae_core.latents import LatentTable

LABELS = "Labels worth a second look"
Shown = dict[str, list[ExampleTile]]


@contextmanager
def watched_tiles() -> Iterator[Shown]:
    """The tiles of each row in the last run, by the row's name; what other sessions computed is forgotten."""
    for store in (cached_examples.importances, cached_examples.self_influences, cached_examples.estimates):
        store.clear()
    seen: Shown = {}
    in_rows = patch.object(rows, "example_tiles", _spy(rows, seen))
    in_labels = patch.object(labels_tab, "example_tiles", _spy(labels_tab, seen))
    with in_rows, in_labels:
        yield seen


def _spy(module: Any, seen: Shown) -> Any:
    draw = module.example_tiles

    def look(tiles: Any, **options: Any) -> Any:
        seen[options["key"].removeprefix("examples_")] = list(tiles)
        return draw(tiles, **options)

    return look


def table_of(checkpoint: Checkpoint, folder: Path) -> LatentTable:
    return open_data(folder, checkpoint).latents


def pixels_of(table: LatentTable, row: int) -> np.ndarray:
    return (np.asarray(Image.open(str(table.paths[row])), np.float32) / 255)[None]


def show_case(session: Session, case: str) -> Session:
    session.pick(case.rpartition(".")[0])
    return session


def press(session: Session, key: str) -> Session:
    session.app.button(key=key).click().run()
    return session


def buttons(session: Session) -> set[str]:
    return {str(button.key) for button in session.app.button}


def run_until(session: Session, ready: Any, *, seconds: float = 60) -> Session:
    """What the browser's timers do."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, (session.errors, session.words("caption"))
        time.sleep(0.05)
        session.run()
    return session


def compute(session: Session, kind: str = "influence") -> Session:
    run_until(session, lambda: f"{kind}_begin" in buttons(session))
    press(session, f"{kind}_begin")
    return run_until(session, lambda: not {f"{kind}_begin", f"{kind}_cancel"} & buttons(session))


def click(session: Session, module: Any, row: str, place: int, where: str = "here") -> None:
    """A click on a picture."""
    draw, waiting = module.example_tiles, [True]

    def answer(tiles: Any, **options: Any) -> Any:
        drawn = draw(tiles, **options)
        if waiting and options["key"] == f"examples_{row}":
            waiting.pop()
            return OpenedTile(tiles[place].id, tiles[place].row, where)  # type: ignore[arg-type]
        return drawn

    with patch.object(module, "example_tiles", answer):
        session.run()
    assert not waiting

"""What notebooks show of results: well-formed, escaped, with the facts in it; the text stays in the repr."""

import base64
import io
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from PIL import Image

from analysis.attributions.attribution import Attribution, Measure
from analysis.directions import Direction
from analysis.examples.importance import ExampleImportance
from analysis.figures.figure import Figure
from analysis.projections.projection import Projection
from analysis.provenance import Provenance
from analysis.traversals import Traversal
from tests.analysis.figures.drawings import Wave
from tests.analysis.latent_tables import two_clouds
from xaae_core.latents import LatentTable
from xaae_core.signal_form import SignalForm

EVIL = "<script>alert('x')</script>&\"quoted\""
VOID = {"img", "br", "hr", "meta"}


class Checked(HTMLParser):
    """Follows every tag to its end."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.words: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def direction(**changes: Any) -> Direction:
    values: dict[str, Any] = {
        "vector": np.eye(3)[0],
        "centre": np.zeros(3),
        "scale": 1.0,
        "method": "pls",
        "target": "effusion",
        "counterpart": "no effusion",
        "quality_name": "AUROC",
        "quality": 0.931,
        "quality_interval": (0.9, 0.95),
        "held_out": 0.9,
        "cone_degrees": 21.0,
        "n_cases": 120,
    }
    return Direction(**{**values, **changes})


def traversal(**changes: Any) -> Traversal:
    frames = np.linspace(0, 1, 5 * 64, dtype=np.float32).reshape(5, 1, 8, 8)
    chances = np.linspace([0.9, 0.1], [0.2, 0.8], 5, dtype=np.float32)
    values: dict[str, Any] = {
        "steps": np.linspace(-2, 2, 5),
        "z": np.zeros((5, 3), np.float32),
        "frames": frames,
        "probabilities": chances,
        "target": "effusion",
        "skip_dropout": 1.0,
        "seed": 0,
    }
    return Traversal(**{**values, **changes})


def signal_path() -> Traversal:
    form = SignalForm(length=40, sampling_rate=100.0, channel_names=("I", "II"))
    frames = np.random.default_rng(0).random((5, 1, 2, 40), dtype=np.float32)
    return traversal(frames=frames, signal_form=form)


def attribution(**changes: Any) -> Attribution:
    values: dict[str, Any] = {
        "map": np.outer(np.linspace(-1, 1, 9), np.ones(9)).astype(np.float32),
        "method": "saliency",
        "target": "effusion",
        "score": 0.9,
        "baseline": "black",
        "baseline_score": 0.1,
        "convergence_delta": 0.01,
        "meaning": "change of the score",
        "settings": {},
        "measures": (Measure("deletion", 0.4, (0.3, 0.5)),),
    }
    return Attribution(**{**values, **changes})


def importance(n_test: int = 12) -> ExampleImportance:
    scores = np.arange(n_test * 7, dtype=float).reshape(n_test, 7)
    tests = np.array([f"case {EVIL} {row}" for row in range(n_test)])
    return ExampleImportance(scores, tests, np.array([f"t{column}" for column in range(7)]), "tracin", {})


def projection() -> Projection:
    points = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    ids = np.array([f"c{row}" for row in range(50)])
    return Projection(points, ids, "umap", {"n_neighbors": 15}, 0, None, ("UMAP 1", "UMAP 2"))


RESULTS = {
    "figure": lambda: Figure(Wave(), Provenance(kind="wave"), EVIL, EVIL),
    "direction": lambda: direction(target=EVIL),
    "traversal": lambda: traversal(target=EVIL),
    "signals": signal_path,
    "projection": projection,
    "attribution": lambda: attribution(target=EVIL, meaning=EVIL),
    "importance": importance,
    "latents": lambda: evil_table(),
}


def evil_table() -> LatentTable:
    from dataclasses import replace

    table = two_clouds()
    return replace(table, ids=np.array([f"{EVIL} {row}" for row in range(len(table))]))


@pytest.mark.parametrize("kind", RESULTS)
def test_every_display_is_whole_and_escaped(kind: str) -> None:
    found = Checked(RESULTS[kind]()._repr_html_())
    assert found.open == []
    assert "script" not in found.tags
    if kind not in ("signals", "projection"):
        assert EVIL in "".join(found.words)


@pytest.mark.parametrize("kind", RESULTS)
def test_pictures_inside_can_be_opened(kind: str) -> None:
    shown = RESULTS[kind]()._repr_html_()
    pictures = [Image.open(io.BytesIO(base64.b64decode(data))) for data in re.findall(r"base64,([^\"]+)", shown)]
    assert len(pictures) == shown.count("<img")
    for picture in pictures:
        picture.load()  # raises where the bytes are no whole picture


def test_a_direction_shows_its_quality_with_the_interval() -> None:
    shown = direction()._repr_html_()
    assert "0.931 (0.9 to 0.95)" in shown
    assert "not tested" in shown
    assert "not known" in direction(held_out=float("nan"))._repr_html_()


def test_a_path_shows_as_many_frames_as_steps() -> None:
    shown = traversal()._repr_html_()
    assert shown.count("<img") == 2 * 5  # decoded, and the change
    assert "0.55" in shown  # p in the middle
    assert traversal(probabilities=None)._repr_html_().count("p of class") == 0


def test_a_path_of_signals_shows_lines() -> None:
    assert signal_path()._repr_html_().count("<polyline") == 5 * 2


def test_a_map_is_drawn_with_both_axes_to_one_scale() -> None:
    from analysis.displays import _dots

    wide = np.stack([np.linspace(0, 10, 200), np.zeros(200)], axis=1).astype(np.float32)
    rows, columns = np.nonzero(_dots(wide) < 1)
    assert np.ptp(columns) > 300
    assert np.ptp(rows) == 2
    assert _dots(np.zeros((3, 2), np.float32)).min() < 1


def test_an_attribution_shows_zero_white_and_both_signs() -> None:
    (data,) = re.findall(r"base64,([^\"]+)", attribution()._repr_html_())
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    assert pixels[4].min() > 240
    assert pixels[0, 0, 2] > pixels[0, 0, 0]  # violet below zero
    assert pixels[8, 0, 0] > pixels[8, 0, 2]  # orange above
    assert "deletion" in attribution()._repr_html_()


def test_importance_shows_the_most_important_first_and_says_what_is_left_out() -> None:
    words = "|".join(Checked(importance()._repr_html_()).words)
    assert words.index("t6") < words.index("t5")
    assert "2 further cases" in words


def test_a_table_shows_its_first_rows_and_no_z() -> None:
    table = two_clouds()
    words = "|".join(Checked(table._repr_html_()).words)
    assert f"{len(table):,} cases, z of {table.z.shape[1]} dimensions" in words
    assert f"{len(table) - 5:,} further rows" in words


@pytest.mark.parametrize("kind", RESULTS)
def test_the_text_is_still_the_repr(kind: str) -> None:
    assert repr(RESULTS[kind]()).startswith(type(RESULTS[kind]()).__name__)


def test_nothing_of_drawing_is_imported_with_the_results() -> None:
    import subprocess
    import sys

    code = "import sys, analysis.figures.figure, analysis.directions; assert 'matplotlib' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0

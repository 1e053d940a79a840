"""A training as a figure: every epoch at its value, phases that cover it, marks at the epochs kept, refusals."""

import csv
import io
import math
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas

from analysis.figures.archive import read_archive, write_archive
from analysis.figures.curve_looks import CANNOT_TELL, LOOKS, TRAINING, VALIDATION
from analysis.figures.export import draw_file
from analysis.figures.figure import Drawing, Figure
from analysis.figures.legibility import smallest_text
from analysis.figures.style import PAPER, FigureStyle, style_for
from analysis.figures.training_curves import TrainingCurves
from analysis.figures.training_history import TURN_BAND, curves_from
from analysis.provenance import Provenance
from xaae_core.errors import FigureError
from xaae_core.training.settings import TrainingSettings
from xaae_core.training.train import train_xaaenet

LENGTHS = {"adversarial": 1, "autoencoder": 8, "classifier": 5}


def history(seed: int = 0, **lengths: int) -> list[dict[str, Any]]:
    """Rows as the history file has them: texts, empty where nothing was measured."""
    rng = np.random.default_rng(seed)
    rows = []
    for phase, length in (lengths or LENGTHS).items():
        for epoch in range(1, length + 1):
            train, valid, adversarial, selection = rng.uniform(0.1, 1, 4).tolist()
            row: dict[str, Any] = dict.fromkeys(("recons_loss", "classif_loss", "auroc", "accuracy"), "")
            row |= {"phase": phase, "epoch": str(epoch), "train_loss": repr(train), "valid_loss": repr(valid)}
            row |= {"adv_loss": repr(adversarial), "selection_loss": repr(selection)}
            if phase != "adversarial":
                row["recons_loss"] = repr(float(rng.uniform()))
            if phase == "classifier":
                row |= {name: repr(float(rng.uniform())) for name in ("classif_loss", "auroc", "accuracy")}
            rows.append(row)
    return rows


def autoencoder(length: int = 6) -> list[dict[str, Any]]:
    return [
        {"phase": "autoencoder", "epoch": n, "train_loss": 900.0 / n, "valid_loss": 800.0 / n, "elbo": -800.0 / n,
         "log_likelihood": -700.0 / n, "kl_divergence": 3.0 * n, "selection_loss": 800.0 / n}
        for n in range(1, length + 1)
    ]  # fmt: skip


def drawn(drawing: Drawing, style: FigureStyle = PAPER) -> list[Any]:
    """The axes of a drawing."""
    canvas = Canvas(figsize=(style.width, drawing.height(style)), layout="constrained")
    drawing.draw(canvas, style)
    return [axes for axes in canvas.axes if axes.axison]


def points(axes: Any) -> set[tuple[float, float]]:
    """What is drawn over epochs: places and values."""
    lines = [line for line in axes.get_lines() if line.get_zorder() == 3]
    return {(float(x), float(y)) for line in lines for x, y in zip(*line.get_data(), strict=True) if math.isfinite(y)}


@pytest.mark.parametrize("rows", [history(), autoencoder()], ids=["phases", "one-phase"])
def test_every_epoch_is_drawn_at_its_value(rows: list[dict[str, Any]]) -> None:
    drawing = curves_from(rows)
    axes = drawn(drawing)
    assert len(axes) == len(drawing.panels)
    for place, panel in zip(axes, drawing.panels, strict=True):
        expected = {
            (epoch, float(value))
            for curve in panel.curves
            for epoch, value in enumerate(curve.values, start=1)
            if math.isfinite(value)
        }
        assert points(place) == expected
    losses = {(epoch, float(row[name])) for epoch, row in enumerate(rows, 1) for name in ("train_loss", "valid_loss")}
    assert points(axes[0]) == losses


def test_phases_cover_all_epochs_in_order() -> None:
    phases = curves_from(history()).phases
    assert [(phase.name, phase.last - phase.first + 1) for phase in phases] == list(LENGTHS.items())
    covered = [epoch for phase in phases for epoch in range(phase.first, phase.last + 1)]
    assert covered == list(range(1, sum(LENGTHS.values()) + 1))


@pytest.mark.parametrize("seed", range(4))
def test_the_epoch_kept_has_the_least_selection_loss_of_its_phase_and_is_ringed(seed: int) -> None:
    rows = history(seed)
    drawing = curves_from(rows)
    for phase in drawing.phases:
        own = [float(row["selection_loss"]) for row in rows[phase.first - 1 : phase.last]]
        assert float(rows[phase.kept - 1]["selection_loss"]) == min(own)
    (rings,) = [line for line in drawn(drawing)[0].get_lines() if line.get_label() == "weights kept"]
    kept = [phase.kept for phase in drawing.phases]
    assert rings.get_xdata().tolist() == kept
    assert rings.get_ydata().tolist() == [float(rows[epoch - 1]["valid_loss"]) for epoch in kept]


def test_training_is_solid_validation_dashed_also_without_colour() -> None:
    axes = drawn(curves_from(history()))[0]
    looks = {line.get_label(): line.get_linestyle() for line in axes.get_lines()}
    assert (looks[TRAINING], looks[VALIDATION]) == ("-", "--")
    assert len({(look.dashes, look.marker) for look in LOOKS}) == len(LOOKS)


def test_the_game_is_its_loss_with_the_trainings_own_band_until_scores_are_known() -> None:
    games = {panel.title: panel for panel in curves_from(history(), turn_band=(0.2, 0.5)).panels}
    game = games["adversarial loss"]
    assert game.level == pytest.approx(math.log(2))
    assert (game.level_words, game.band) == (CANNOT_TELL, (0.2, 0.5))
    scored = [{**row, "score_encoded": 0.4, "score_drawn": 0.6} for row in history()]
    panels = {panel.title: panel for panel in curves_from(scored).panels}
    assert "adversarial loss" not in panels
    assert (panels["discriminator's score"].level, panels["discriminator's score"].limits) == (0.5, (0, 1))
    assert "shape of the cloud" in {curve.name for curve in panels["part of the loss"].curves}


def test_the_usual_band_is_that_of_the_training() -> None:
    import inspect

    usual = inspect.signature(train_xaaenet).parameters
    assert (usual["adv_low_threshold"].default, usual["adv_high_threshold"].default) == TURN_BAND
    assert {"adv_low_threshold", "adv_high_threshold"} <= set(TrainingSettings.__dataclass_fields__)


def test_one_phase_has_fewer_panels_and_what_is_better_the_more_is_turned() -> None:
    drawing = curves_from(autoencoder())
    assert [panel.title for panel in drawing.panels] == ["loss", "part of the loss"]
    likelihood = drawing.panels[1].curves[0]
    assert likelihood.key == "neg_log_likelihood"
    assert likelihood.values[0] == 700.0
    assert drawing.panels[1].is_log


def test_the_numbers_are_the_history() -> None:
    rows = history()
    table = list(csv.DictReader(io.StringIO(curves_from(rows).numbers())))
    for row, told in zip(rows, table, strict=True):
        assert (told["phase"], told["epoch"]) == (row["phase"], row["epoch"])
        for name in ("train_loss", "valid_loss", "auroc", "adv_loss"):
            assert told[name] == row[name]
    assert sum(int(told["kept"]) for told in table) == len(LENGTHS)


def test_names_of_phases_never_meet() -> None:
    lengths = {"adversarial": 1, "autoencoder": 9, "classifier": 1, "consistency": 1, "sharpening": 1}
    for style in (style_for("nature", "single"), PAPER, FigureStyle(width_mm=44)):
        canvas = Canvas(figsize=(style.width, 6), layout="constrained")
        curves_from(history(**lengths)).draw(canvas, style)
        renderer = FigureCanvasAgg(canvas).get_renderer()  # type: ignore[no-untyped-call]
        canvas.draw(renderer)
        for axes in canvas.axes:
            names = {*lengths, *map(str, range(1, 6))}
            boxes = [text.get_window_extent(renderer) for text in axes.texts if text.get_text() in names]
            assert not any(a.overlaps(b) for n, a in enumerate(boxes) for b in boxes[n + 1 :])


@pytest.mark.parametrize("rows", [history(), autoencoder()], ids=["phases", "one-phase"])
@pytest.mark.parametrize("columns", ["single", "double"])
def test_no_text_is_too_small_to_read(rows: list[dict[str, Any]], columns: Any) -> None:
    content = draw_file(curves_from(rows), "svg", style_for("nature", columns))
    assert smallest_text(content, "svg") >= 5 - 1e-6


def test_the_kept_drawing_draws_the_same() -> None:
    drawing = curves_from(history())
    (found,) = read_archive(write_archive([Figure(drawing, Provenance(kind="training"))]))
    assert isinstance(found.drawing, TrainingCurves)
    assert draw_file(found.drawing, "svg") == draw_file(drawing, "svg")
    assert (found.drawing.numbers(), found.drawing.caption()) == (drawing.numbers(), drawing.caption())


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "has no epochs"),
        ([{"epoch": 1, "train_loss": 1.0}], "without a phase"),
        ([{"phase": "classifier", "epoch": 1, "auroc": 0.7}], "no losses: expected the columns train_loss"),
        ([{"phase": "classifier", "epoch": 1, "train_loss": "nan", "valid_loss": "much"}], "no losses"),
    ],
)
def test_what_is_no_history_is_refused(rows: list[dict[str, Any]], says: str) -> None:
    with pytest.raises(FigureError, match=says):
        curves_from(rows)


def test_an_epoch_that_was_not_measured_leaves_a_gap() -> None:
    rows = history()
    rows[3]["valid_loss"] = "inf"
    drawing = curves_from(rows)
    assert math.isnan(drawing.panels[0].curves[1].values[3])
    assert draw_file(drawing, "png", FigureStyle(dpi=72))

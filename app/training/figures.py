"""The figures of a training's folder: its curves, and how good its model is on held-out cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.figures.figure import Figure
from analysis.figures.quality_chart import QualityChart, quality_chart
from analysis.figures.training_history import TURN_BAND, curves_from
from analysis.provenance import Provenance
from analysis.provenance.making import provenance_of
from app.training.files import FOLDER_NAME, JOB_NAME, PROGRESS_NAME, EpochRecord, read_records
from app.training.job import read_job
from app.training.run import LATENTS_NAME, MODEL_NAME
from app.training.settings import SETTINGS_NAME, read_about, read_request
from app.views import View, view_of
from xaae_core.checkpoints import file_sha256, read_card
from xaae_core.errors import LatentTableError, TrainingError
from xaae_core.training.history import read_history

if TYPE_CHECKING:
    from app.training.request import TrainingRequest

_BAND = ("adv_low_threshold", "adv_high_threshold")


def rows_of_epochs(epochs: Sequence[EpochRecord]) -> list[dict[str, Any]]:
    """The rows of `curves_from`; the discriminator's scores are among them."""
    return [
        {
            "phase": row.phase,
            "epoch": row.epoch,
            **row.losses,
            "score_encoded": row.score_encoded,
            "score_drawn": row.score_drawn,
        }
        for row in epochs
    ]


def rows_of_run(path: Path) -> Sequence[Mapping[str, Any]]:
    """All epochs of a training, in order.

    Trainings that a page started know more of them than the history does: the discriminator's scores, and the phases
    that come after the training proper.

    Args:
        path: the folder of a run, its folder of the training's own files, or a history.

    Raises:
        TrainingError: no history there.
    """
    for folder in (path / FOLDER_NAME, path):
        epochs = read_records(folder / PROGRESS_NAME, EpochRecord)
        if epochs:
            return rows_of_epochs(epochs)
    return read_history(path)


def training_figure(path: Path, *, view: View | None = None) -> Figure:
    """The curves of a training.

    Args:
        path: as for `rows_of_run`.
        view: the page that shows it; that of the run's name if None.

    Raises:
        TrainingError: no history there.
        FigureError: a history without epochs or losses.
    """
    run = _run_of(path)
    request, fingerprint = _asked(run)
    chosen = {} if request is None else request.training
    band = tuple(float(chosen.get(name, usual)) for name, usual in zip(_BAND, TURN_BAND, strict=True))
    curves = curves_from(rows_of_run(path), turn_band=(band[0], band[1]))
    settings: dict[str, Any] = {"phases": {phase.name: phase.last - phase.first + 1 for phase in curves.phases}}
    if request is not None:
        settings |= {"model": request.model, **({"preset": request.preset} if request.is_xaaenet else {})}
    shown = view or view_of("train", "", run=run.name)
    made = provenance_of(
        curves.kind,
        None,
        view=shown.to_json(),
        data_fingerprint=fingerprint,
        seed=None if request is None else request.seed,
        settings=settings,
    )
    return Figure(curves, _with_model(made, run), f"Training of {run.name}")


def quality_figure(chart: QualityChart, made: Provenance, *, fingerprint: str, seed: int = 0) -> Figure:
    """The held-out figures of a model.

    Args:
        chart: the drawing.
        made: with which model, on which page; the rest is added.
        fingerprint: of the data they were measured on.
        seed: of the intervals.
    """
    settings = {**made.settings, "target": chart.quality.target, "split": chart.split, "intervals": chart.intervals}
    known = replace(made, data_fingerprint=fingerprint, seed=seed, settings=settings)
    return Figure(chart, known, f"Held-out quality: {chart.quality.target}")


def quality_of_run(path: Path, *, seed: int = 0) -> Figure:
    """The held-out figures of a finished training's model.

    Args:
        path: the folder of a run.
        seed: of the intervals.

    Raises:
        TrainingError: the training has no model yet.
        LatentTableError: a model that predicts nothing, or nothing held out.
    """
    from analysis.evaluation.quality import measure_quality
    from xaae_core.latents import read_latents

    run = _run_of(path)
    if not (run / MODEL_NAME).is_file() or not (run / LATENTS_NAME).is_file():
        raise TrainingError(
            f"{run} holds no finished model; expected {MODEL_NAME} and {LATENTS_NAME} in it: let the training finish"
        )
    table, target = read_latents(run / LATENTS_NAME), read_card(run / MODEL_NAME).target
    if table.predicted is None and not table.probabilities.shape[1]:
        raise LatentTableError(f"the model of {run.name} predicts nothing that could be held against labels")
    made = _with_model(provenance_of("quality", None), run)
    made = replace(made, view=view_of("start", made.checkpoint_sha256).to_json())
    chart = quality_chart(measure_quality(table, target, seed=seed), table, seed=seed)
    return quality_figure(chart, made, fingerprint=table.data_fingerprint, seed=seed)


def _run_of(path: Path) -> Path:
    """The folder with the model, of the folder with the training's own files or of a file in it."""
    folder = (path if path.is_dir() else path.parent).absolute()
    return folder.parent if folder.name == FOLDER_NAME else folder


def _asked(run: Path) -> tuple[TrainingRequest | None, str]:
    """What was asked of a training, and the fingerprint of its data; (None, "") where nobody wrote it down."""
    if (run / SETTINGS_NAME).is_file():
        return read_request(run / SETTINGS_NAME), str(read_about(run / SETTINGS_NAME).get("data_fingerprint", ""))
    if (run / JOB_NAME).is_file():
        job = read_job(run)
        return job.request, job.fingerprint
    return None, ""


def _with_model(made: Provenance, run: Path) -> Provenance:
    """The same with the finished model, where there is one; its weights are not looked at."""
    path = run / MODEL_NAME
    if not path.is_file():
        return made
    card = read_card(path)
    settings = {**made.settings, "model": card.kind, "classes": list(card.classes)}
    return replace(
        made,
        checkpoint_sha256=file_sha256(path),
        checkpoint_name=card.name,
        data_name=card.data_name,
        settings=settings,
    )

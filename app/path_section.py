"""The main act of the traverse page: a path, what is known about it, and its files."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from analysis.directions import Direction
from analysis.figures.figure import Figure
from analysis.figures.filmstrip import PathFigure
from analysis.figures.trace_table import trace_table
from analysis.progressive_paths import PartialPath, PathBuilder
from analysis.traversals import Traversal
from analysis.trust import path_likeness
from app import cached, state
from app.case_choice import neighbour
from app.components.path_viewer import PathPayload, StepTrust, TracePayload, grey_levels, path_viewer
from app.controls import TraverseChoice
from app.figure_menu import Offer, figure_menu
from app.link_state import leave_path_at, path_start
from app.path_figures import PAGE, PathMaking
from app.views import view_now
from app.words import target_words
from app.workspace import Case, Workspace

FIRST_ANSWER_SECONDS = 0.6


@dataclass
class Reader:
    """Where the reader is on the path; the viewer moves it, figures that are made later follow.

    Attributes:
        step: index of the step.
    """

    step: int


@dataclass(frozen=True)
class PathScene:
    """One case, one direction, one set of settings.

    Attributes:
        workspace: model and data.
        case: the picture or the signal.
        choice: what the controls say.
        reader: where the path is looked at.
    """

    workspace: Workspace
    case: Case
    choice: TraverseChoice
    reader: Reader = field(default_factory=lambda: Reader(0))

    @cached_property
    def direction(self) -> Direction:
        """Where + leads."""
        if self.choice.dimension is not None:
            table = self.workspace.training
            assert table is not None  # the choice was made among its dimensions
            return cached.axis_for(table, self.workspace.training_key, self.choice.dimension)
        return self.workspace.direction(self.choice.target)

    @cached_property
    def class_name(self) -> str:
        """What is drawn along the path: the target's class, or the card's target where that is a measured quantity."""
        classes = self.workspace.classes
        return self.choice.target if self.choice.target in classes else self.workspace.checkpoint.card.target

    @cached_property
    def builder(self) -> PathBuilder:
        """The path, finished or on the way."""
        checkpoint = self.workspace.checkpoint
        encoding = self.workspace.encoding(self.case)
        return cached.path_builder(
            checkpoint, encoding, self.direction, self.workspace.neighbourhood(), self._names, self.choice.request
        )

    def z_share(self) -> float | None:
        """Share of the picture that comes from z at this skip dropout; None without pictures to compare."""
        pictures = self.workspace.leakage_pictures()
        if pictures is None:
            return None
        key = (self.workspace.checkpoint.sha256, str(state.data_folder()))
        return cached.z_share(self.workspace.checkpoint, pictures, key, self.choice.request.skip_dropout)

    def divergence(self) -> float:
        """KL divergence of the chosen dimension of z from the prior, in nats; NaN where there is none."""
        pictures = self.workspace.leakage_pictures() if self.choice.dimension is not None else None
        if pictures is None or self.choice.dimension is None:
            return float("nan")
        key = (self.workspace.checkpoint.sha256, str(state.data_folder()))
        found = cached.divergences_of(self.workspace.checkpoint, pictures, key)
        return float("nan") if found is None else float(found[self.choice.dimension])

    def likeness(self) -> float:
        """How like the original is what is decoded at 0, see `path_likeness`; 1: equal."""
        path = self.builder.advance(0.0).traversal  # the origin is the first step that is there
        return path_likeness(path, self.case.image.pixels)

    def payload(self, part: PartialPath) -> PathPayload | TracePayload:
        """What the browser is sent."""
        path, original, form = part.traversal, self.case.image.pixels, self.workspace.signal_form
        facts = self._facts(part)
        if form is not None:
            return TracePayload(**facts, frames=path.signals(), original=form.in_units(original[0]), form=form)
        return PathPayload(
            **facts,
            frames=grey_levels(path.frames),
            on_original=grey_levels(path.on_original(original)),
            original=grey_levels(original),
        )

    def _facts(self, part: PartialPath) -> dict[str, Any]:
        """What is sent beside the frames."""
        path = part.traversal
        marks = [
            StepTrust(level, reason) if level else None for level, reason in zip(part.levels, part.reasons, strict=True)
        ]
        is_fitted = self.choice.dimension is None
        known = f"{self.case.label or 'label not known'}" + (f", {self.case.split}" if self.case.split else "")
        return {
            "path_id": hashlib.blake2b(repr((self._names, self.choice)).encode(), digest_size=12).hexdigest(),
            "steps": path.steps,
            "class_name": self.class_name,
            "value_range": self.value_range,
            "computed": part.computed,
            "probabilities": self._heights(path),
            "achieved": part.achieved,
            "trust": marks,
            "flip": path.flip(self._column),
            "towards": f"towards {target_words(self.choice.target)}" if is_fitted else f"up {self.choice.target}",
            "away": f"away from {target_words(self.choice.target)}" if is_fitted else f"down {self.choice.target}",
            "caption": f"{self.case.name} · {known}",
        }

    @cached_property
    def value_range(self) -> tuple[float, float] | None:
        """What the axis of predicted numbers spans: those of the cases and of this path; None of a classifier."""
        values = self.builder.advance(0.0).traversal.values
        if values is None:
            return None
        training = self.workspace.training
        known = values if training is None or training.predicted is None else np.append(values, training.predicted)
        low, high = float(known.min()), float(known.max())
        return (low, high) if low < high else (low - 0.5, high + 0.5)

    def _heights(self, path: Traversal) -> NDArray[np.float64] | None:
        """The curve [K] in [0, 1]: probabilities, or numbers within `value_range`; None without either."""
        if path.probabilities is not None:
            return path.probabilities[:, self._column].astype(np.float64)
        if path.values is None or self.value_range is None:
            return None
        low, high = self.value_range
        return (path.values - low) / (high - low)

    def drawing(self) -> PathFigure:
        """The whole path as it is drawn; waits for it."""
        part = self.builder.advance(3600.0)
        return PathFigure(
            part.traversal,
            self.case.image.pixels,
            self._column,
            self.making.title,
            part.achieved,
            tuple(level or "" for level in part.levels),
            part.reasons,
            self.class_name,
        )

    @cached_property
    def making(self) -> PathMaking:
        """How the path is made; asked for first while the page is drawn, since it takes the page's address along."""
        checkpoint, request, training = self.workspace.checkpoint, self.choice.request, self.workspace.training
        return PathMaking(
            checkpoint,
            self.direction,
            self.case.id,
            self.case.label,
            "" if training is None else training.data_fingerprint,
            request.span,
            request.n_steps,
            request.skip_dropout,
            request.seed,
            view_now(PAGE, checkpoint.sha256),
        )

    def path_figure(self) -> Figure:
        """The whole path as a figure; the page reopens at the reader's step."""
        drawing = self.drawing()
        return self.making.path(drawing, at=float(drawing.traversal.steps[self.reader.step]))

    def change_figure(self) -> Figure:
        """What changes at the reader's step, as a figure."""
        return self.making.change(self.drawing(), self.reader.step)

    @property
    def _column(self) -> int:
        """Of the drawn class among the model's."""
        return self.workspace.classes.index(self.class_name) if self.class_name in self.workspace.classes else 0

    @property
    def _names(self) -> tuple[str, ...]:
        way = f"z[{self.choice.dimension}]" if self.choice.dimension is not None else f"towards {self.choice.target}"
        return (self.workspace.checkpoint.sha256, self.case.key, *self.workspace.training_key, way)


def show_path(scene: PathScene) -> None:
    """Draw the viewer; a slow decoder's missing steps follow while the rest of the page is in use."""
    start = time.monotonic()
    part = scene.builder.advance(FIRST_ANSWER_SECONDS)
    budget = time.monotonic() - start
    # A timer that is faster than what it calls would interrupt each run before anything is drawn.
    draw = st.fragment(draw_path, run_every=None if part.is_complete else 1.5 * budget + 0.5)
    draw(scene, [part], budget, is_whole=part.is_complete)


def draw_path(scene: PathScene, fresh: list[PartialPath], budget: float, *, is_whole: bool) -> None:
    """The viewer with as much of the path as is there; a fragment, so that more of it costs no more than itself.

    Args:
        scene: what is drawn.
        fresh: the part that the surrounding run has just computed, for the first run of the fragment.
        budget: seconds to compute for in each later run.
        is_whole: whether that part is the whole path.
    """
    part = fresh.pop() if fresh else scene.builder.advance(budget)
    viewed = path_viewer(scene.payload(part), key=state.VIEWER, start=path_start())
    leave_path_at(viewed.sd)
    scene.reader.step = viewed.step
    chosen = None
    if viewed.case_move is not None:
        chosen = neighbour(scene.workspace, scene.case, 1 if viewed.case_move == "next" else -1)
    if chosen is not None:
        state.open_case(chosen)
    if chosen is not None or (part.is_complete and not is_whole):
        st.rerun()  # another case; or the path has become whole, and nothing need look for more of it


def show_downloads(scene: PathScene) -> None:
    """The path and the change at the reader's step as files; each is made when it is asked for."""
    name, offers = scene.making.name, []
    pixels = scene.case.image.pixels if scene.workspace.signal_form is None else None
    if scene.workspace.signal_form is not None:
        words = "Every sample of every step, in its channel's unit."
        make = lambda: trace_table(scene.drawing())  # noqa: E731
        offers.append(Offer("Samples (CSV)", f"path-{name}-samples.csv", "text/csv", make, words))
    line = st.container(horizontal=True)
    path, change = line.container(width="content"), line.container(width="content")
    with path:
        figure_menu(
            scene.path_figure, key="path_figure", name=f"path-{name}", is_moving=True, offers=offers, label="This path",
            looked_through=pixels,
        )  # fmt: skip
    with change:
        figure_menu(
            scene.change_figure, key="change_figure", name=f"change-{name}", label="Change at this step",
            looked_through=pixels,
        )  # fmt: skip

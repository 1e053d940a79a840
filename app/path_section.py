"""The main act of the traverse page: a path, what is known about it, and its files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import streamlit as st
from streamlit.errors import StreamlitAPIException

from analysis.directions import Direction
from analysis.figures.filmstrip import PathFigure, draw_filmstrip, draw_gif, path_table
from analysis.progressive_paths import PartialPath, PathBuilder
from app import cached, state
from app.components.path_viewer import PathPayload, StepTrust, grey_levels, path_viewer
from app.controls import TraverseChoice
from app.workspace import Case, Workspace

FIRST_ANSWER_SECONDS = 0.6


@dataclass(frozen=True)
class PathScene:
    """One case, one direction, one set of settings.

    Attributes:
        workspace: model and data.
        case: the picture.
        choice: what the controls say.
    """

    workspace: Workspace
    case: Case
    choice: TraverseChoice

    @cached_property
    def direction(self) -> Direction:
        """Where + leads."""
        return self.workspace.direction(self.choice.target)

    @cached_property
    def class_name(self) -> str:
        """The class whose probability is drawn: the target, or the card's where the target is a measured quantity."""
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

    def payload(self, part: PartialPath) -> PathPayload:
        """What the browser is sent."""
        path = part.traversal
        index = self.workspace.classes.index(self.class_name) if self.class_name in self.workspace.classes else 0
        original = self.case.image.pixels
        marks = [
            StepTrust(level, reason) if level else None for level, reason in zip(part.levels, part.reasons, strict=True)
        ]
        known = f"{self.case.label or 'label not known'}" + (f", {self.case.split}" if self.case.split else "")
        return PathPayload(
            path_id=hashlib.blake2b(repr((self._names, self.choice)).encode(), digest_size=12).hexdigest(),
            steps=path.steps,
            frames=grey_levels(path.frames),
            on_original=grey_levels(path.on_original(original)),
            original=grey_levels(original),
            class_name=self.class_name,
            computed=part.computed,
            probabilities=None if path.probabilities is None else path.probabilities[:, index].astype(np.float64),
            achieved=part.achieved,
            trust=marks,
            flip=path.flip(index),
            towards=f"towards {self.choice.target}",
            away=f"away from {self.choice.target}",
            caption=f"{self.case.id} · {known}",
        )

    def figure(self) -> PathFigure:
        """The whole path as a figure; waits for it."""
        part = self.builder.advance(3600.0)
        direction = self.direction
        request = self.choice.request
        title = (
            f"{self.case.id}: towards {direction.target} ({direction.method}), skip dropout {request.skip_dropout:g}, "
            f"{self.workspace.checkpoint.card.name}, {self.workspace.checkpoint.sha256[:10]}"
        )
        index = self.workspace.classes.index(self.class_name)
        return PathFigure(part.traversal, self.case.image.pixels, index, title, part.achieved)

    @property
    def _names(self) -> tuple[str, ...]:
        return (self.workspace.checkpoint.sha256, self.case.key, *self.workspace.training_key, self.choice.target)


def show_path(scene: PathScene) -> None:
    """Draw the viewer; a slow decoder's missing steps follow in further runs of the fragment."""
    part = scene.builder.advance(FIRST_ANSWER_SECONDS)
    viewed = path_viewer(scene.payload(part), key=state.VIEWER)
    if viewed.case_move is not None and scene.workspace.latents is not None:
        state.open_case(neighbour(scene, 1 if viewed.case_move == "next" else -1))
        st.rerun()
    if not part.is_complete:
        try:
            st.rerun(scope="fragment")
        except StreamlitAPIException:  # the first run is one of the whole page
            st.rerun()


def neighbour(scene: PathScene, offset: int) -> str:
    """The case before or after the open one, around the ends."""
    latents = scene.workspace.latents
    assert latents is not None  # show_path asked
    rows = np.flatnonzero(latents.ids == scene.case.id)
    row = int(rows[0]) if len(rows) else -offset
    return str(latents.ids[(row + offset) % len(latents)])


def show_downloads(scene: PathScene) -> None:
    """The path as files; each is made when it is asked for."""
    name = f"path-{scene.choice.target}-{scene.case.key[:8]}".replace(" ", "-")
    offers: list[tuple[str, str, str, Callable[[], bytes | str]]] = [
        ("GIF", f"{name}.gif", "image/gif", lambda: draw_gif(scene.figure().traversal, side=384)),
        ("PNG filmstrip", f"{name}.png", "image/png", lambda: draw_filmstrip(scene.figure())),
        ("Numbers (CSV)", f"{name}.csv", "text/csv", lambda: path_table(scene.figure())),
    ]
    columns = st.columns([1, 1, 1, 5])
    for column, (label, file_name, mime, make) in zip(columns, offers, strict=False):
        column.download_button(label, make, file_name, mime, on_click="ignore", width="stretch")

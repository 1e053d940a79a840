"""A path as a figure: a filmstrip with trust and probability, and a film; paths of signals are drawn as traces."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from analysis.figures.path_words import path_caption
from analysis.figures.style import PAPER, FigureStyle
from analysis.traversals import Traversal

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

    from analysis.figures.figure import Animation

_LEAST_LIMIT = 1 / 255


@dataclass(frozen=True, eq=False)
class PathFigure:
    """What a figure of a path shows.

    Attributes:
        traversal: the path; its latent vectors are not kept, since they are not drawn.
        original: the case it starts from [C, H, W] as the model takes it.
        class_index: the class whose probability is drawn.
        title: a line above; "" for none.
        achieved: move after encoding again [K], in SD; None: not drawn.
        levels: of each step "good", "caution" or "poor" [K]; () where steps were not judged.
        reasons: of each level, a sentence without a full stop [K]; () where steps were not judged.
        answer: name of the class whose probability is drawn, or of the quantity that is predicted; "" for no name.
    """

    kind: ClassVar[str] = "path"
    traversal: Traversal
    original: NDArray[Any]
    class_index: int
    title: str
    achieved: NDArray[np.float64] | None = None
    levels: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    answer: str = ""

    def __post_init__(self) -> None:
        path = self.traversal
        if path.z.shape[1]:
            object.__setattr__(self, "traversal", replace(path, z=np.empty((len(path.steps), 0), np.float32)))
        for name in ("levels", "reasons"):  # of a path whose steps were not all judged, some are None
            object.__setattr__(self, name, tuple(text or "" for text in getattr(self, name)))

    def height(self, style: FigureStyle) -> float:
        """Inches it takes at the style's width."""
        return self._strip(style).height

    def draw(self, part: FigureBase, style: FigureStyle) -> None:
        """Draw original and steps, changes or bands, the answer at each, and how far they are to be believed."""
        self._strip(style).draw(part)

    def numbers(self) -> str:
        """Of every step: probability of each class or predicted number, move achieved, trust and its reason."""
        return path_table(self)

    def caption(self) -> str:
        """What is seen, in full sentences."""
        return path_caption(self, self._strip(PAPER).shown)

    def animation(self, form: Animation, style: FigureStyle) -> bytes:
        """The path there and back as an endless GIF, or as an MP4; each frame says which step it is."""
        from analysis.figures.film import draw_film

        return draw_film(self, form, style)

    @cached_property
    def changes(self) -> NDArray[np.float32]:
        """The drawn change against the decode at 0 [K, H, W]: of several channels, their mean."""
        mean: NDArray[np.float32] = self.traversal.change().mean(axis=1)
        return mean

    @cached_property
    def limit(self) -> float:
        """Where the scale of the changes ends on both sides: at the largest change of the whole path."""
        return max(float(np.abs(self.changes).max()), _LEAST_LIMIT)

    def _strip(self, style: FigureStyle) -> Any:
        from analysis.figures.picture_strip import PictureStrip
        from analysis.figures.trace_strip import TraceStrip

        return (PictureStrip if self.traversal.signal_form is None else TraceStrip)(self, style)


def path_table(figure: PathFigure) -> str:
    """The numbers behind a path as CSV text: step, probability of each class or predicted number, achieved, trust."""
    path = figure.traversal
    n_classes = 0 if path.probabilities is None else path.probabilities.shape[1]
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\n")
    header = ["step_sd", *["predicted"] * (path.values is not None), *(f"probability_{at}" for at in range(n_classes))]
    table.writerow([*header, "achieved_sd", *["trust", "reason"] * bool(figure.levels)])
    for step in range(len(path.steps)):
        row = [f"{path.steps[step]:.6f}"]
        if path.values is not None:
            row.append(f"{path.values[step]:.6g}")
        if path.probabilities is not None:
            row += [f"{value:.6f}" for value in path.probabilities[step]]
        row.append("" if figure.achieved is None else f"{figure.achieved[step]:.6f}")
        if figure.levels:
            row += [figure.levels[step], figure.reasons[step]]
        table.writerow(row)
    return stream.getvalue()


def pick_steps(path: Traversal, columns: int) -> list[int]:
    """Indices of at most `columns` evenly spaced steps, origin and both ends among them."""
    origin, last = path.origin, len(path.steps) - 1
    each_side = max(1, (columns - 1) // 2)
    left = np.linspace(0, origin, each_side + 1)
    right = np.linspace(origin, last, each_side + 1)
    return sorted({round(float(step)) for step in (*left, *right)})

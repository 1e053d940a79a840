"""The supervised PLS biplot of a target: the cases on PLS's plane, with the target's direction as one arrow."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from analysis.direction_significance import permutations_for
from analysis.directions import Direction, fit_direction
from analysis.figures.density_map import MOST_POINTS, density_image, extent_of
from analysis.figures.export import split
from analysis.figures.formats import plain
from analysis.figures.latent_map import predictions_of, truths_of
from analysis.figures.lettering import wrap_words
from analysis.figures.map_captions import direction_sentence
from analysis.figures.map_layers import MOST_VECTORS, PAPER_BEHIND
from analysis.figures.map_sizes import LETTER
from analysis.figures.point_colours import PointColours
from analysis.figures.style import FigureStyle
from analysis.map_arrows import MapArrow, direction_arrows
from analysis.projections import LinearPlane, project
from analysis.provenance.making import direction_facts
from xaae_core.case_tokens import case_token
from xaae_core.latents import LatentTable

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase

_INK = "#1f2933"
_SHADES = "viridis"
_MOST_WIDTH = 4.6  # inches: wider, the figure grows no clearer
_HEIGHT_SHARE = 0.8


@dataclass(frozen=True, eq=False)
class Biplot:
    """A biplot; the cases are known by their tokens.

    Attributes:
        points: scores of the cases on the two components [N, 2], in standard deviations of the fitted cases. The
            first is `Direction.score` of the direction that PLS with one component finds.
        tokens: of the cases [N] (`xaae_core.case_tokens`).
        labels: recorded class or number of each case [N]; "" where not known.
        predictions: what the model says of each case [N]; "" where it says nothing.
        target: what the arrow leads towards.
        arrow: the direction: from its centre to 2 SD along it, as it lies in the plane.
        shares: of the variance of z along each component, in [0, 1].
        explained: share of the target's variance that the first component explains (R²), in [0, 1]; NaN: not known.
        about: what is known of the direction, as a provenance keeps it (`analysis.provenance.making.direction_facts`).
        words: how good the direction is; "" where nothing is known.
    """

    kind: ClassVar[str] = "biplot"
    points: NDArray[np.float32]
    tokens: NDArray[np.str_]
    labels: NDArray[np.str_]
    predictions: NDArray[np.str_]
    target: str
    arrow: MapArrow
    shares: tuple[float, float]
    explained: float
    about: dict[str, Any] = field(default_factory=dict)
    words: str = ""

    def height(self, style: FigureStyle) -> float:
        """Inches it takes."""
        return self._plot_height(style) + self._caption_height(style)

    def draw(self, part: FigureBase, style: FigureStyle) -> None:
        """Draw the cloud, its colour bar and the arrow, and the caption below."""
        above, below = split(part, [self._plot_height(style), self._caption_height(style)])
        shown = _narrowed(above, style)
        axes = shown.subplots()
        colours = self._colours(style)
        self._draw_cloud(axes, colours)
        _draw_arrow(axes, self.arrow, f"towards {self.target}", style)
        letters = int(min(style.width, _MOST_WIDTH) * 0.7 / (LETTER * style.size("small") / 72))
        axes.set_title(plain(f"PLS of z against {self.target}", most=letters))
        axes.set_xlabel(self._axis(0))
        axes.set_ylabel(self._axis(1))
        axes.margins(0.04)
        _draw_bar(shown, axes, colours)
        below.text(0.012, 0.99, "\n".join(self._lines(style)), fontsize=style.size("small"), va="top", linespacing=1.2)

    def numbers(self) -> str:
        """One row a case: token, label, prediction, and its scores on both components."""
        content = io.StringIO()
        writer = csv.writer(content, lineterminator="\n")
        writer.writerow(["case", "label", "prediction", "component_1", "component_2"])
        scores = ([f"{value:.6g}" for value in self.points[:, axis].tolist()] for axis in (0, 1))
        rows = zip(self.tokens.tolist(), self.labels.tolist(), self.predictions.tolist(), *scores, strict=True)
        writer.writerows(rows)
        return content.getvalue()

    def caption(self) -> str:
        """What axes, colours and arrow are, and how sure the arrow is."""
        is_known, has_cone = math.isfinite(self.explained), math.isfinite(self.arrow.cone_degrees)
        explained = f" Component 1 explains {self.explained:.0%} of the variance of the target." if is_known else ""
        cone = "; the pale cone holds 95 % of the resampled directions" if has_cone else ""
        dense = " Colour of a place: the mean of its cases; strength: their number, on a logarithmic scale."
        return (
            f"Supervised PLS biplot of {len(self.points):,} cases against {self.target}; scores in standard deviations "
            "of the fitted cases, in brackets the share of the variance of z along each component. Colour: score on "
            f"component 1.{explained} Arrow: 2 SD along the direction towards {self.target}{cone}."
            f"{dense if len(self.points) > MOST_POINTS else ''} {self.words}"
        ).strip()

    def _draw_cloud(self, axes: Any, colours: PointColours) -> None:
        if len(self.points) > MOST_POINTS:
            extent = extent_of(self.points)
            axes.imshow(
                density_image(self.points, colours, extent), extent=extent, origin="lower", interpolation="nearest",
                aspect="auto", zorder=1,
            )  # fmt: skip
            return
        norm, shades = colours.scale
        axes.scatter(
            self.points[:, 0], self.points[:, 1], c=self.points[:, 0], norm=norm, cmap=shades, linewidths=0, zorder=1,
            s=float(np.clip(12_000 / max(len(self.points), 1), 4, 14)), rasterized=len(self.points) > MOST_VECTORS,
        )  # fmt: skip

    def _colours(self, style: FigureStyle) -> PointColours:
        scores = self.points[:, 0].astype(np.float64)
        low, high = (float(end) for end in np.percentile(scores, [1, 99]))
        high = high if high > low else low + 1.0
        none = np.full(len(scores), -1, np.int32)
        found = PointColours("score on PLS component 1 (SD)", (), (), none, "", scores, low, high, shades=_SHADES)
        return found.in_greys() if style.is_greyscale else found

    def _axis(self, number: int) -> str:
        return f"PLS component {number + 1} (SD; {self.shares[number]:.0%} of the variance of z)"

    def _lines(self, style: FigureStyle) -> list[str]:
        return wrap_words(self.caption(), style.width - 0.12, style)

    def _caption_height(self, style: FigureStyle) -> float:
        return style.line("small", len(self._lines(style))) + 0.06

    def _plot_height(self, style: FigureStyle) -> float:
        return _HEIGHT_SHARE * min(style.width, _MOST_WIDTH)


def fit_biplot(
    table: LatentTable,
    target: str | None = None,
    *,
    direction: Direction | None = None,
    fitted: LatentTable | None = None,
    seed: int = 0,
) -> Biplot:
    """Fit PLS of two components of z against a target, and put the cases on its plane.

    Args:
        table: the cases that are drawn.
        target: a class (that class against the rest) or a column of numbers; that of `direction`, else the second
            class or the number that the model has learned, if None.
        direction: the direction that is drawn as the arrow; fitted (`fit_direction`) if None.
        fitted: the cases that the plane and the direction are fitted to; `table` if None.
        seed: of the direction's resamples.

    Raises:
        DirectionError: a target that no direction can be fitted to.
        ProjectionError: fewer than 4 cases, or a direction of other latents.

    Source: Wold et al. 2001. The second axis is z along PLS's second weights, at right angles to the first: the plane
    is PLS's, and the direction towards the target lies straight along the first axis (`analysis.projections.planes`).
    """
    source = table if fitted is None else fitted
    if direction is None:
        tests = permutations_for(int((source.split == "train").sum()) or len(source))
        direction = fit_direction(source, target, n_permutations=tests, seed=seed)
    made = project(source, "pls", target=target or direction.target, rate=False)
    plane = made.plane
    assert plane is not None  # of every map by PLS
    points = made.points if fitted is None else plane.points(table.z)
    (arrow,) = direction_arrows(made, source, (direction,))
    return Biplot(
        points=points,
        tokens=np.array([case_token(case) for case in table.ids.tolist()], dtype=np.str_),
        labels=truths_of(table),
        predictions=predictions_of(table),
        target=direction.target,
        arrow=arrow,
        shares=_shares(plane, source.z),
        explained=_explained(source, direction.target, plane),
        about=direction_facts(direction),
        words=direction_sentence(direction),
    )


def _shares(plane: LinearPlane, z: NDArray[Any]) -> tuple[float, float]:
    """Share of the variance of z [N, D] along each axis of the plane; the axes are at right angles, so they add up."""
    whole = float(z.var(axis=0, dtype=np.float64).sum())
    lengths = np.maximum(np.linalg.norm(plane.weights, axis=0), 1e-300)
    first, second = (plane.points(z).astype(np.float64) / lengths).var(axis=0) / max(whole, 1e-300)
    return float(first), float(second)


def _explained(table: LatentTable, target: str, plane: LinearPlane) -> float:
    """Squared correlation of the first component's score with the target, among the cases with a known one."""
    from analysis.directions import target_values

    values = np.asarray(target_values(table, target), dtype=np.float64)
    known = np.isfinite(values)
    scores = plane.points(table.z[known])[:, 0].astype(np.float64)
    if known.sum() < 2 or np.ptp(values[known]) == 0 or np.ptp(scores) == 0:
        return math.nan
    return float(np.corrcoef(values[known], scores)[0, 1] ** 2)


def _narrowed(part: FigureBase, style: FigureStyle) -> FigureBase:
    """The middle of a wide figure: a biplot is about as wide as high."""
    spare = style.width - _MOST_WIDTH
    if spare < 0.2:
        return part
    shares = [spare / 2, _MOST_WIDTH, spare / 2]
    middle: FigureBase = np.ravel(part.subfigures(1, 3, width_ratios=shares, wspace=0, squeeze=False))[1]
    return middle


def _draw_arrow(axes: Any, arrow: MapArrow, words: str, style: FigureStyle) -> None:
    """A white arrow with a dark outline, so that it shows on every colour, with its cone and its name."""
    from matplotlib.patches import FancyArrowPatch

    if arrow.cone is not None and len(arrow.cone) > 2:
        axes.fill(*arrow.cone.T, facecolor="white", alpha=0.45, edgecolor=_INK, linewidth=0.4, zorder=2)
    axes.add_patch(
        FancyArrowPatch(
            arrow.start, arrow.end, arrowstyle="simple,head_width=9,head_length=9,tail_width=2.8", facecolor="white",
            edgecolor=_INK, linewidth=0.9, linestyle=(0, (2, 1.2)) if arrow.could_be_noise else "solid", zorder=3,
            shrinkA=0, shrinkB=0,
        )
    )  # fmt: skip
    axes.update_datalim([arrow.start, arrow.end])
    axes.autoscale_view()
    axes.annotate(
        plain(words, most=36), xy=arrow.end, xytext=(0, 8), textcoords="offset points", va="bottom", color=_INK,
        ha="right" if arrow.end[0] >= arrow.start[0] else "left", fontsize=style.size("text"), bbox=PAPER_BEHIND,
        zorder=4,
    )  # fmt: skip


def _draw_bar(part: FigureBase, axes: Any, colours: PointColours) -> None:
    from matplotlib.cm import ScalarMappable

    norm, shades = colours.scale
    bar = part.colorbar(ScalarMappable(norm, shades), ax=axes, extend="both", aspect=30, pad=0.02)
    bar.set_label(colours.name)
    bar.outline.set_linewidth(0.4)

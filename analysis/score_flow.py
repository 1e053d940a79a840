"""The local flow of a score over a map: where on the map more of the target lies, and whether the map follows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_PER_CELL = 4  # bins along a cell: points are summed up in bins, so that a million cost as little as a thousand
_REACH = 0.75  # standard deviation of the weights around a cell's centre, in cells
_LEAST_SUPPORT = 8.0  # effective number of points that a slope is fitted to
_POINTS_A_CELL = 6  # on average; of few points the cells become larger
_WIDER = (_REACH, 3 * _REACH, 100.0)  # where a point has too few others around it, its score is told from further away
_LEAST_SHARE = 0.2  # a cell at the edge with fewer points than this part of the usual has no arrow of its own
_FOLDS = 5
_CLEARLY, _PARTLY = 0.5, 0.2
_ONE_WAY = 0.8


@dataclass(frozen=True)
class FlowArrow:
    """Where the score rises in one cell of the map.

    Attributes:
        x: middle of the cell's points, in the map's coordinates.
        y: middle of the cell's points.
        dx: towards more of the target; the steepest arrows are as long as a cell, flatter ones shorter.
        dy: the same along y.
        strength: share of the local differences in score that the slope explains beyond what noise would reach once
            in twenty, in [0, 1].
    """

    x: float
    y: float
    dx: float
    dy: float
    strength: float


@dataclass(frozen=True)
class ScoreFlow:
    """The flow of a score over a map.

    Attributes:
        arrows: of the cells with enough points for a slope.
        followed: share of the score's variance that the local slopes explain for points they were not fitted to, in
            [0, 1]; NaN where the score is the same everywhere or nothing could be fitted.
        one_way: 1: the score rises in one and the same direction everywhere; 0: in all directions alike.
    """

    arrows: tuple[FlowArrow, ...]
    followed: float
    one_way: float

    def sentence(self, name: str = "the target") -> str:
        """Whether the map follows the score of `name`, in plain words."""
        if not np.isfinite(self.followed):
            return f"There are too few points with different scores to say whether this map follows {name}."
        share = f"the place on the map explains {self.followed:.0%} of its differences"
        if self.followed >= _CLEARLY:
            way = "across this map" if self.one_way >= _ONE_WAY else "on this map, each region in its own direction"
            return f"The score of {name} rises smoothly {way} ({share})."
        if self.followed >= _PARTLY:
            return f"The score of {name} follows this map in parts only ({share})."
        return f"The score of {name} does not follow this map ({share})."


def score_flow(points: NDArray[Any], scores: NDArray[Any], *, cells: int = 12) -> ScoreFlow:
    """Fit a plane to the score in every cell of a map, by weighted least squares over the cell's surroundings.

    Args:
        points: the map [N, 2].
        scores: the score of each case [N]; cases whose score or place is not finite are left out.
        cells: square cells along the map's longer side; fewer where there are too few points for so many.

    Raises:
        ValueError: other lengths or shapes, or fewer than 2 cells.

    Source: Cleveland & Devlin 1988 (local regression); the points are summed up in bins of a quarter of a cell, which
    keeps each local fit exact for a score that is linear. Strength: R² of two regressors without meaning and n points
    stays below 1 − 0.05^(2 / (n − 3)) nineteen times in twenty (a beta distribution).
    """
    places, values = np.asarray(points, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    if places.ndim != 2 or places.shape[1:] != (2,) or values.shape != places.shape[:1] or cells < 2:
        raise ValueError(
            f"points of shape {places.shape}, scores of shape {values.shape}, cells={cells}; "
            "expected [N, 2], [N] and at least 2"
        )
    known = np.isfinite(values) & np.isfinite(places).all(axis=1)
    if not known.all():
        places, values = places[known], values[known]
    if len(values) < _LEAST_SUPPORT or np.ptp(values) == 0 or not np.ptp(places, axis=0).any():
        return ScoreFlow((), float("nan"), 0.0)
    grid = _Grid.around(places, min(cells, max(2, int(np.sqrt(len(values) / _POINTS_A_CELL)))))
    standard = (values - values.mean()) / values.std()
    sums = grid.sums(grid.inner(places), standard)  # [folds, bins, bins, 10]
    whole = sums.sum(axis=0)
    fit = _LocalFit.of(grid, whole)
    own = grid.own(whole)
    has_points = own[..., 0] >= _LEAST_SHARE * np.median(own[..., 0][own[..., 0] > 0])
    return ScoreFlow(_arrows(grid, fit, own, has_points), _followed(grid, sums), _one_way(fit, has_points))


@dataclass(frozen=True, eq=False)
class _Grid:
    """Square cells over a map; inside, one cell has length 1 and the map's middle is the origin."""

    middle: Floats
    side: float  # of a cell, in the map's coordinates
    shape: tuple[int, int]  # cells along y and x

    @classmethod
    def around(cls, places: Floats, cells: int) -> _Grid:
        low, high = places.min(axis=0), places.max(axis=0)
        side = float((high - low).max()) / cells * (1 + 1e-9)  # the outermost points lie inside
        columns, rows = (max(1, int(np.ceil(extent / side - 1e-6))) for extent in high - low)
        return cls((low + high) / 2, side, (rows, columns))

    def inner(self, places: Floats) -> Floats:
        inner: Floats = (places - self.middle) / self.side
        return inner

    def centres(self, axis: int) -> Floats:
        """Of the cells along y (axis 0) or x (axis 1)."""
        n = self.shape[axis]
        return np.arange(n, dtype=np.float64) - (n - 1) / 2

    def sums(self, inner: Floats, scores: Floats) -> Floats:
        """Sums of 1, x, y, s, xx, xy, yy, xs, ys, ss of the points in each bin, by fold [folds, by, bx, 10]."""
        rows, columns = (n * _PER_CELL for n in self.shape)
        x, y = inner.T
        across = np.clip(((x + self.shape[1] / 2) * _PER_CELL).astype(np.int64), 0, columns - 1)
        up = np.clip(((y + self.shape[0] / 2) * _PER_CELL).astype(np.int64), 0, rows - 1)
        fold = np.random.default_rng(0).integers(_FOLDS, size=len(x))
        place = (fold * rows + up) * columns + across
        terms = (None, x, y, scores, x * x, x * y, y * y, x * scores, y * scores, scores * scores)
        size = _FOLDS * rows * columns
        summed = [np.bincount(place, weights=term, minlength=size) for term in terms]
        return np.stack(summed, axis=-1).reshape(_FOLDS, rows, columns, 10).astype(np.float64)

    def gather(self, sums: Floats, reach: float) -> Floats:
        """The bins' sums [by, bx, K] weighted around each cell's centre [rows, columns, K]."""
        up, across = (self._weights(axis, reach) for axis in (0, 1))
        gathered: Floats = np.einsum("ra,abk,cb->rck", up, sums, across, optimize=True)
        return gathered

    def own(self, sums: Floats) -> Floats:
        """The sums [by, bx, K] of each cell's own bins [rows, columns, K]."""
        rows, columns = self.shape
        return sums.reshape(rows, _PER_CELL, columns, _PER_CELL, -1).sum(axis=(1, 3))

    def _weights(self, axis: int, reach: float) -> Floats:
        n = self.shape[axis]
        bins = (np.arange(n * _PER_CELL) + 0.5) / _PER_CELL - n / 2
        weights: Floats = np.exp(-0.5 * np.square((self.centres(axis)[:, None] - bins) / reach))
        return weights


@dataclass(frozen=True, eq=False)
class _LocalFit:
    """The plane of each cell: score = level + slope · (place − mean); NaN without support."""

    mean: Floats  # [rows, columns, 2]
    level: Floats  # [rows, columns]
    slope: Floats  # [rows, columns, 2]
    strength: Floats  # [rows, columns]
    is_fitted: NDArray[np.bool_]

    @classmethod
    def of(cls, grid: _Grid, sums: Floats, reach: float = _REACH) -> _LocalFit:
        gathered = grid.gather(sums, reach)
        total = gathered[..., 0]
        squared = grid.gather(sums[..., :1], reach / np.sqrt(2))[..., 0]  # the weights' squares are a narrower bell
        with np.errstate(divide="ignore", invalid="ignore"):
            support = np.where(total > 0, total**2 / squared, 0.0)
            mean, level = gathered[..., 1:3] / total[..., None], gathered[..., 3] / total
            xx, xy, yy = (gathered[..., 4:7] / total[..., None]).transpose(2, 0, 1)
            xs, ys = (gathered[..., 7:9] / total[..., None]).transpose(2, 0, 1)
            variance = gathered[..., 9] / total - level**2
        xx, xy, yy = xx - mean[..., 0] ** 2, xy - mean[..., 0] * mean[..., 1], yy - mean[..., 1] ** 2
        xs, ys = xs - mean[..., 0] * level, ys - mean[..., 1] * level
        is_fitted = (support >= _LEAST_SUPPORT) & (xx + yy > 1e-9)
        spread = np.where(is_fitted[..., None, None], np.moveaxis(np.array([[xx, xy], [xy, yy]]), (0, 1), (2, 3)), 0.0)
        covariance = np.where(is_fitted[..., None], np.stack([xs, ys], axis=-1), 0.0)
        slope = np.einsum("rcij,rcj->rci", np.linalg.pinv(spread, rcond=1e-6, hermitian=True), covariance)
        explained = np.einsum("rci,rci->rc", slope, covariance)
        return cls(mean, level, slope, _beyond_noise(explained, variance, support, is_fitted), is_fitted)


def _beyond_noise(explained: Floats, variance: Floats, support: Floats, is_fitted: NDArray[np.bool_]) -> Floats:
    """R² of the local fits beyond what a score without meaning reaches once in twenty, in [0, 1]."""
    is_varied = is_fitted & (variance > 1e-12)
    r_squared = np.clip(np.where(is_varied, explained, 0.0) / np.where(is_varied, variance, 1.0), 0.0, 1.0)
    noise = 1 - 0.05 ** (2 / np.maximum(support - 3, 1e-9))
    beyond: Floats = np.clip((r_squared - noise) / np.maximum(1 - noise, 1e-9), 0.0, 1.0)
    return beyond


def _arrows(grid: _Grid, fit: _LocalFit, own: Floats, has_points: NDArray[np.bool_]) -> tuple[FlowArrow, ...]:
    steepness = np.linalg.norm(fit.slope, axis=-1)  # [rows, columns]
    meant = steepness[fit.strength > 0]
    longest = float(np.percentile(meant, 90)) if len(meant) else 1.0
    found = []
    for row, column in np.argwhere(fit.is_fitted & has_points):
        steep = float(steepness[row, column])
        length = grid.side * min(steep / longest, 1.0)
        dx, dy = length * fit.slope[row, column] / steep if steep > 0 else (0.0, 0.0)
        x, y = grid.middle + grid.side * own[row, column, 1:3] / own[row, column, 0]
        found.append(FlowArrow(float(x), float(y), float(dx), float(dy), float(fit.strength[row, column])))
    return tuple(found)


def _followed(grid: _Grid, sums: Floats) -> float:
    """1 − squared error of points under fits without them / variance."""
    whole = sums.sum(axis=0)
    error = 0.0
    for fold in sums:
        start, a, b = _predictor(grid, whole - fold)
        n, x, y, s, xx, xy, yy, xs, ys, ss = np.moveaxis(grid.own(fold), -1, 0)
        squares = ss + n * start**2 + a * a * xx + b * b * yy
        crossed = start * (a * x + b * y - s) + a * b * xy - a * xs - b * ys
        error += float((squares + 2 * crossed).sum())
    return float(np.clip(1 - error / whole[..., 9].sum(), 0.0, 1.0))


def _predictor(grid: _Grid, sums: Floats) -> tuple[Floats, Floats, Floats]:
    """Of each cell [rows, columns] the score at the map's middle and the slopes along x and y."""
    start, a, b = np.zeros((3, *grid.shape))
    is_missing = np.ones(grid.shape, dtype=bool)
    for reach in _WIDER:
        fit = _LocalFit.of(grid, sums, reach)
        is_new = is_missing & fit.is_fitted
        here = fit.level - np.einsum("rci,rci->rc", fit.slope, np.nan_to_num(fit.mean))
        start[is_new], a[is_new], b[is_new] = here[is_new], fit.slope[is_new, 0], fit.slope[is_new, 1]
        is_missing &= ~is_new
    return start, a, b


def _one_way(fit: _LocalFit, has_points: NDArray[np.bool_]) -> float:
    """Length of the mean of the slopes' unit vectors, weighted by their strength."""
    strength = np.where(has_points, fit.strength, 0.0)
    lengths = np.linalg.norm(fit.slope, axis=-1, keepdims=True)
    units = fit.slope / np.where(lengths > 0, lengths, 1.0)
    total = float(strength.sum())
    return float(np.linalg.norm((units * strength[..., None]).sum(axis=(0, 1)))) / total if total > 0 else 0.0

"""Maps of the latent space: every case as a point in the plane, with how far the map can be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from analysis.directions import fit_direction, target_values
from analysis.map_quality import MapQuality, measure_map
from xaae_core.errors import ProjectionError
from xaae_core.latents import LatentTable

Method = Literal["umap", "tsne", "pca", "pls"]
METHODS: tuple[Method, ...] = get_args(Method)
LEAST_CASES = 4
_TITLES = {"umap": "UMAP", "tsne": "t-SNE", "pca": "PCA", "pls": "PLS"}


@dataclass(frozen=True, eq=False)
class Projection:
    """A map of latent vectors; arrays read-only.

    Attributes:
        points: where each case lies [N, 2], float32.
        ids: the cases [N], in the order of the table.
        method: "umap", "tsne", "pca" or "pls".
        parameters: what the method really ran with.
        seed: of everything random; the same seed gives the same points on the same machine.
        quality: what the map kept of the neighbourhoods in z.
        axes: what the two axes are.
        notes: what was changed on the way, one sentence each.
        checkpoint_sha256: the model of the latents.
        data_fingerprint: the data of the latents.
    """

    points: NDArray[np.float32]
    ids: NDArray[np.str_]
    method: Method
    parameters: Mapping[str, float | int | str]
    seed: int
    quality: MapQuality
    axes: tuple[str, str]
    notes: tuple[str, ...] = ()
    checkpoint_sha256: str = ""
    data_fingerprint: str = ""

    def __post_init__(self) -> None:
        for name in ("points", "ids"):
            frozen = getattr(self, name).view()  # the caller's own array stays as it is
            frozen.setflags(write=False)
            object.__setattr__(self, name, frozen)
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))

    def __len__(self) -> int:
        return len(self.points)

    @property
    def title(self) -> str:
        """The method's name as papers write it."""
        return _TITLES[self.method]

    def caption(self) -> str:
        """Method, parameters, seed and quality in one sentence, for under the map."""
        settings = ", ".join(f"{name.replace('_', ' ')} {_shown(value)}" for name, value in self.parameters.items())
        quality = self.quality
        return (
            f"{self.title} of {len(self)} cases ({settings + ', ' if settings else ''}seed {self.seed}); "
            f"at {quality.k} neighbours trustworthiness {quality.trustworthiness:.3f}, "
            f"continuity {quality.continuity:.3f}."
        )


def project(
    table: LatentTable,
    method: Method = "umap",
    *,
    seed: int = 0,
    target: str | None = None,
    n_neighbors: int = 15,
    min_dist: float = 0.1,
    perplexity: float = 30.0,
    k: int = 10,
) -> Projection:
    """Lay the cases of a table out in the plane.

    Args:
        table: the latents; every row becomes a point, whatever its split.
        method: "umap" and "tsne" keep neighbourhoods and stretch distances; "pca" is the plane of the largest
            variance; "pls" has the target's direction as its first axis.
        seed: of everything random.
        target: for "pls", a class or a column of numbers, as for `fit_direction`.
        n_neighbors: for "umap", neighbours that are kept near; lowered to N − 1 with a note.
        min_dist: for "umap", how near points may lie.
        perplexity: for "tsne", the effective number of neighbours; lowered to (N − 1) / 3 with a note.
        k: neighbours that the quality is measured at.

    Raises:
        ProjectionError: fewer than 4 cases, latents that are not finite (which cases), or all the same.
        DirectionError: for "pls", a target that no direction can be fitted to.
        ValueError: an unknown method, or settings out of range.

    Source: McInnes et al. 2018 (UMAP, umap-learn); van der Maaten & Hinton 2008 (t-SNE, scikit-learn, PCA start);
    Wold et al. 2001 (PLS).
    """
    if method not in METHODS:
        raise ValueError(f'method is "{method}"; expected one of {", ".join(METHODS)}')
    if n_neighbors < 2 or not perplexity >= 1 or not 0 <= min_dist <= 1:
        raise ValueError(
            f"n_neighbors={n_neighbors}, perplexity={perplexity}, min_dist={min_dist}: "
            "expected at least 2, at least 1, and 0 to 1"
        )
    _check(table)
    if method == "umap":
        layout = _umap(table.z, n_neighbors, min_dist, seed)
    elif method == "tsne":
        layout = _tsne(table.z, perplexity, seed)
    elif method == "pca":
        layout = _pca(table.z)
    else:
        layout = _pls(table, target, seed)
    points = layout.points.astype(np.float32)
    return Projection(
        points=points,
        ids=table.ids,
        method=method,
        parameters=layout.parameters,
        seed=seed,
        quality=measure_map(table.z, points, k=k, seed=seed),
        axes=layout.axes,
        notes=layout.notes,
        checkpoint_sha256=table.checkpoint_sha256,
        data_fingerprint=table.data_fingerprint,
    )


@dataclass(frozen=True, eq=False)
class _Layout:
    points: NDArray[Any]
    parameters: dict[str, float | int | str]
    axes: tuple[str, str]
    notes: tuple[str, ...] = ()


def _check(table: LatentTable) -> None:
    if len(table) < LEAST_CASES:
        raise ProjectionError(
            f"{len(table)} case{'' if len(table) == 1 else 's'}; a map needs at least {LEAST_CASES}: "
            "extract the latents of a larger folder"
        )
    bad = ~np.isfinite(table.z).all(axis=1)
    if bad.any():
        raise ProjectionError(
            f"z is not finite for {int(bad.sum())} of {len(table)} cases, the first: {', '.join(table.ids[bad][:5])}: "
            "leave them out, or extract the latents anew"
        )
    if not np.ptp(table.z, axis=0).any():
        raise ProjectionError(
            f"all {len(table)} cases have the same z: there is nothing to lay out; the model does not tell them apart"
        )


def _umap(z: NDArray[Any], n_neighbors: int, min_dist: float, seed: int) -> _Layout:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # Tensorflow, which only its parametric kind needs
        from umap import UMAP

    used = min(n_neighbors, len(z) - 1)
    notes = (f"n_neighbors {n_neighbors} needs more than {n_neighbors} cases; {used} are used for these {len(z)}",)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="k >= N for N")  # few cases: it solves the dense problem instead
        points = UMAP(n_neighbors=used, min_dist=min_dist, random_state=seed, n_jobs=1).fit_transform(z)
    settings: dict[str, float | int | str] = {"n_neighbors": used, "min_dist": min_dist}
    return _Layout(points, settings, ("UMAP 1", "UMAP 2"), notes if used < n_neighbors else ())


def _tsne(z: NDArray[Any], perplexity: float, seed: int) -> _Layout:
    from sklearn.manifold import TSNE

    largest = (len(z) - 1) / 3  # it looks at three times as many neighbours
    used = min(perplexity, largest)
    notes = (
        f"perplexity {perplexity:g} needs at least {3 * perplexity + 1:.0f} cases; "
        f"{used:.3g} is used for these {len(z)}",
    )
    init = "pca" if z.shape[1] > 1 else "random"
    points = TSNE(perplexity=used, init=init, learning_rate="auto", random_state=seed).fit_transform(z)
    return _Layout(points, {"perplexity": used}, ("t-SNE 1", "t-SNE 2"), notes if used < perplexity else ())


def _pca(z: NDArray[Any]) -> _Layout:
    centred = z.astype(np.float64) - z.mean(axis=0, dtype=np.float64)
    variances, vectors = np.linalg.eigh(centred.T @ centred / len(z))
    points = centred @ _upright(vectors[:, ::-1][:, :2])  # [N, 2], the largest variance first
    shares = np.maximum(variances[::-1][:2], 0) / variances.sum()
    if points.shape[1] < 2:  # z of one dimension
        points, shares = np.pad(points, ((0, 0), (0, 1))), np.pad(shares, (0, 1))
    first, second = (f"PC {number} ({share:.0%} of the variance)" for number, share in enumerate(shares, start=1))
    return _Layout(points, {}, (first, second))


def _pls(table: LatentTable, target: str | None, seed: int) -> _Layout:
    """First axis: the score along the direction; second: PLS's next component, both in SD of the fitted cases."""
    direction = fit_direction(table, target, folds=1, n_bootstrap=0, seed=seed)
    y = target_values(table, direction.target)
    known = np.isfinite(y)
    fitted = known & (table.split == "train") if np.any(table.split == "train") else known
    centred = table.z.astype(np.float64) - direction.centre
    scores = centred @ direction.vector
    t, x = scores[fitted], centred[fitted]
    loadings = x.T @ t / (t @ t)
    rest = centred - np.outer(scores, loadings)  # z without what the first component holds
    weights = rest[fitted].T @ (y[fitted] - y[fitted].mean())
    if not np.linalg.norm(weights) > 1e-12 * np.linalg.norm(x) * np.linalg.norm(y[fitted] - y[fitted].mean()):
        weights = np.zeros_like(weights)  # z of one dimension, or nothing left to explain
    second = rest @ weights
    spread = float(second[fitted].std())
    points = np.stack([scores / direction.scale, second / spread if spread > 0 else second], axis=1)
    axes = (f"towards {direction.target} (SD)", "second PLS component (SD)")
    return _Layout(points, {"target": direction.target, "fitted_cases": direction.n_cases}, axes)


def _upright(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Columns [D, K] with the sign that makes each one's largest entry positive, so that maps do not flip."""
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
    return vectors * np.where(largest < 0, -1.0, 1.0)


def _shown(value: float | int | str) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)

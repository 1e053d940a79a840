"""A map of latent vectors: where every case lies in the plane, how it was made, and how far it can be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from analysis.map_quality import MapQuality
from xaae_core.errors import ProjectionError

Method = Literal["umap", "tsne", "pca", "pls"]
METHODS: tuple[Method, ...] = get_args(Method)
LEAST_CASES = 4
_TITLES = {"umap": "UMAP", "tsne": "t-SNE", "pca": "PCA", "pls": "PLS"}


@dataclass(frozen=True, eq=False)
class LinearPlane:
    """The plane that a linear map shows; arrays read-only.

    Attributes:
        centre: the latent vector that lies at (0, 0) [D], float64.
        weights: of each axis [D, 2], float64.
    """

    centre: NDArray[np.float64]
    weights: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name in ("centre", "weights"):
            object.__setattr__(self, name, _frozen(getattr(self, name)))

    def points(self, z: NDArray[Any]) -> NDArray[np.float32]:
        """Where latent vectors [N, D] lie on the map [N, 2]: (z − centre) @ weights."""
        found = np.empty((len(z), 2), dtype=np.float32)
        for start in range(0, len(z), _ROWS):  # a million cases need not be there twice in double precision
            part = slice(start, start + _ROWS)
            found[part] = (z[part].astype(np.float64) - self.centre) @ self.weights
        return found


@dataclass(frozen=True, eq=False)
class Projection:
    """A map of latent vectors; arrays read-only.

    Attributes:
        points: where each case lies [N, 2], float32.
        ids: the cases [N], in the order of the table.
        method: "umap", "tsne", "pca" or "pls".
        parameters: what the method really ran with.
        seed: of everything random; the same seed gives the same points on the same machine.
        quality: what the map kept of the neighbourhoods in z; None as long as it is not measured, see `rate`.
        axes: what the two axes are.
        notes: what was changed on the way, one sentence each.
        checkpoint_sha256: the model of the latents.
        data_fingerprint: the data of the latents.
        placed: whether each case [N] was placed on the finished map instead of being laid out with the others.
        plane: of "pca" and "pls", the plane that is shown; None for the others, which know no plane.
    """

    points: NDArray[np.float32]
    ids: NDArray[np.str_]
    method: Method
    parameters: Mapping[str, float | int | str]
    seed: int
    quality: MapQuality | None
    axes: tuple[str, str]
    notes: tuple[str, ...] = ()
    checkpoint_sha256: str = ""
    data_fingerprint: str = ""
    placed: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    plane: LinearPlane | None = None

    def __post_init__(self) -> None:
        n = len(self.points)
        if not len(self.placed) and n:
            object.__setattr__(self, "placed", np.zeros(n, dtype=np.bool_))
        if self.points.shape != (n, 2) or len(self.ids) != n or len(self.placed) != n:
            raise ValueError(
                f"points {self.points.shape}, {len(self.ids)} ids, {len(self.placed)} placed; expected [N, 2], N and N"
            )
        for name in ("points", "ids", "placed"):
            object.__setattr__(self, name, _frozen(getattr(self, name)))
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))

    def __len__(self) -> int:
        return len(self.points)

    def _repr_html_(self) -> str:
        from analysis.displays import show_projection

        return show_projection(self)

    @property
    def title(self) -> str:
        """The method's name as papers write it."""
        return _TITLES[self.method]

    @property
    def n_placed(self) -> int:
        """Cases that were placed on the finished map."""
        return int(self.placed.sum())

    @property
    def measured(self) -> MapQuality:
        """The quality where it must be there; raises ProjectionError where it was not measured."""
        if self.quality is None:
            raise ProjectionError("the quality of this map was not measured: make it with rate=True, or use rate()")
        return self.quality

    def caption(self) -> str:
        """Method, parameters, seed, placed cases and quality in one sentence, for under the map."""
        settings = "".join(f"{name.replace('_', ' ')} {_shown(value)}, " for name, value in self.parameters.items())
        placed = f"; {self.n_placed:,} of them placed on the finished map" if self.n_placed else ""
        quality = (
            ""
            if self.quality is None
            else (
                f"; at {self.quality.k} neighbours trustworthiness {self.quality.trustworthiness:.3f}, "
                f"continuity {self.quality.continuity:.3f}"
            )
        )
        return f"{self.title} of {len(self)} cases ({settings}seed {self.seed}){placed}{quality}."


_ROWS = 65_536


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    """A read-only view; the caller's own array stays as it is."""
    view = array.view()
    view.setflags(write=False)
    return view


def _shown(value: float | int | str) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)

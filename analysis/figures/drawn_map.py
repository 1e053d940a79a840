"""What is drawn of a map: the points with what is known of each, arrows, flow. The latents it was made of are not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.map_arrows import MapArrow
from analysis.score_flow import ScoreFlow


@dataclass(frozen=True, eq=False)
class DrawnMap:
    """One map of a figure.

    Attributes:
        points: where each case lies [N, 2], float32.
        placed: whether each case [N] was placed on the finished map.
        method: "umap", "tsne", "pca" or "pls".
        name: of the method as papers write it.
        title: above the map.
        axes: what the two axes are.
        has_units: whether a length on the map means something.
        is_doubtful: cases [N] whose place says little; None: not judged.
        kept: share of each case's nearest on the map that are its nearest in z [N]; None: not measured.
        arrows: directions on a plane.
        flow: where a score rises; None: not drawn.
    """

    points: NDArray[np.float32]
    placed: NDArray[np.bool_]
    method: str
    name: str
    title: str
    axes: tuple[str, str]
    has_units: bool
    is_doubtful: NDArray[np.bool_] | None = None
    kept: NDArray[np.float32] | None = None
    arrows: tuple[MapArrow, ...] = ()
    flow: ScoreFlow | None = None

    def __len__(self) -> int:
        return len(self.points)

    @property
    def n_doubtful(self) -> int:
        """Cases whose place says little."""
        return 0 if self.is_doubtful is None else int(self.is_doubtful.sum())

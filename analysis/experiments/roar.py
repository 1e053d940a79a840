"""ROAR: does a network that never saw the important features learn less?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from analysis.experiments.curves import Curve, CurveFigure, draw_curves
from analysis.experiments.feature_maps import REFERENCES, hide_most_important
from analysis.experiments.words import listed, words_of
from analysis.figures.formats import Format

Floats = NDArray[np.float64]
TrainAndTest = Callable[[Tensor], float]
"""Trains anew, from the same start each time, on masked pictures [N, …] in their order; gives the test loss."""
SHARES = (0.1, 0.2, 0.5, 0.7, 1.0)
ROAR_METHODS = ("gradient_shap", "integrated_gradients", "random", "contrast")
MENDED = (
    "the n-th map masks the n-th picture: lfxai's maps come from a shuffled loader and are applied by the data set's "
    "order, so they mask other pictures",
    "no test picture is used to choose the epoch: the number of epochs is fixed",
    "the random order is drawn from a seed; all networks of a run start from the same weights and see the same order",
    "several runs, so that differences come with a spread",
    'beside the random order stands "contrast": the brightest pixels, a map that knows nothing of the network',
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class RoarResult:
    """Test losses of networks that were trained without the most important pixels.

    Attributes:
        methods: M names; "random" is among them.
        shares: of the pixels that were masked [K].
        losses: on whole test pictures [M, R, K].
        whole: of the networks that saw everything [R].
        data: name of the data.
    """

    methods: tuple[str, ...]
    shares: tuple[float, ...]
    losses: Floats
    whole: Floats
    data: str = ""

    def excess(self, method: str) -> Floats:
        """Loss beyond the random order's in each run [R], mean over the shares below 1, where all are the same."""
        kept = [k for k, share in enumerate(self.shares) if share < 1]
        own, chance = (self.losses[self.methods.index(name)][:, kept] for name in (method, "random"))
        return (own - chance).mean(axis=1)

    def rows(self) -> list[dict[str, Any]]:
        """One row for each method, share and run; share 0 is the network that saw everything."""
        return [
            {"method": method, "share": share, "run": r, "test_loss": float(loss)}
            for m, method in enumerate(self.methods)
            for r in range(len(self.whole))
            for share, loss in zip((0.0, *self.shares), (self.whole[r], *self.losses[m, r]), strict=True)
        ]

    def sentences(self) -> list[str]:
        """What was found, in words."""
        asked = [name for name in self.methods if name != "random"]
        worse = [words_of(name) for name in asked if (self.excess(name) > 0).all()]
        return [
            f"test loss {self.whole.mean():.4f} with all pixels; beyond the random order's, mean over shares below "
            f"100 % (lowest to highest of {_runs(self.whole)}): {'; '.join(self._told(name) for name in asked)}",
            f"worse than random in each: {listed(worse) if worse else 'no method'}",
            *self._beside_contrast(),
        ]

    def draw(self, form: Format = "png") -> bytes:
        """Test loss against share, one line a method; the band is the lowest to the highest run."""
        curves = []
        for m, method in enumerate(self.methods):
            values = np.concatenate([self.whole[:, None], self.losses[m]], axis=1)  # [R, 1 + K]
            curves.append(
                Curve(
                    words_of(method),
                    np.array([0.0, *self.shares]),
                    values.mean(axis=0),
                    values.min(axis=0),
                    values.max(axis=0),
                    colour=m,
                    style="dashed" if method in REFERENCES else "solid",
                )
            )
        return draw_curves(
            CurveFigure(
                curves,
                "most important pixels masked before training (%)",
                "test loss on whole pictures",
                f"{self.data}: remove and retrain",
            ),
            form,
        )

    def _beside_contrast(self) -> list[str]:
        """Whether a map that never saw the network does as well: then the test is of the pictures, not of the maps."""
        if "contrast" not in self.methods:
            return []
        ahead = [
            words_of(name)
            for name in self.methods
            if name not in REFERENCES and (self.excess(name) > self.excess("contrast")).all()
        ]
        if ahead:
            return [f"beyond contrast alone, which never saw the network, in each: {listed(ahead)}"]
        return ["no method is beyond contrast alone, which never saw the network: here the test tells ink, not insight"]

    def _told(self, method: str) -> str:
        excess = self.excess(method)
        return f"{words_of(method)} {excess.mean():+.4f} ({excess.min():+.4f} to {excess.max():+.4f})"


def _runs(values: Floats) -> str:
    return "1 run" if len(values) == 1 else f"{len(values)} runs"


def retrain_without(
    pictures: Tensor, importance: NDArray[Any], share: float, train: TrainAndTest, *, baseline: Tensor
) -> float:
    """Test loss after training without the most important pixels.

    Args:
        pictures: training pictures [N, …].
        importance: [N, …]; the n-th belongs to the n-th picture.
        share: of the pixels, in [0, 1].
        train: trains and tests.
        baseline: what replaces a masked pixel, [1, …].

    Source: Hooker et al. 2019 (ROAR); as in Crabbé & van der Schaar 2022 the test pictures stay whole, because an
    autoencoder that has to draw masked ones again has less to draw the more is masked.
    """
    return train(hide_most_important(pictures, importance, share, baseline=baseline))

"""Do the latent dimensions of a variational autoencoder look at different pixels when β asks them to be independent?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.experiments.dimension_maps import DimensionComparison
from analysis.experiments.words import listed, told, words_of
from analysis.figures.formats import OKABE_ITO, Format, plain, render

BETAS = (1.0, 5.0, 10.0)
LOSSES = ("beta_vae", "beta_tc_vae")
MENDED = (
    "runs on current NumPy and pandas (lfxai: np.product and DataFrame.append, which are gone)",
    "results of an earlier call with other settings are never mixed in (lfxai appends to one CSV file)",
    "a dimension whose map does not vary is left out of the correlations instead of making them NaN",
    "no test picture is used to choose the epoch: the number of epochs is fixed",
    "beside the ranks of all pixels stand those of the pixels that any dimension looks at: black ones are 0 in every "
    "map, which alone makes ranks agree",
    "beside these measures stands how many dimensions the network uses at all: a collapsed one explains nothing",
)
_MEASURES = {
    "pearson": "Pearson",
    "spearman": "Spearman",
    "spearman_salient": "Spearman, salient pixels",
    "cosine": "cosine",
    "entropy": "entropy (nats)",
    "active": "active neurons",
    "n_used": "dimensions in use",
}
_USED = 0.01
_LEAST_USED = 2
_LEAST_RUNS = 2


@dataclass(frozen=True)
class TrainedVae:
    """One network's figures.

    Attributes:
        loss: "beta_vae" or "beta_tc_vae".
        beta: weight of the KL divergence, or of the total correlation.
        run: number from 0.
        maps: how alike its dimensions' maps are.
        n_used: dimensions with a variance of means above 0.01 over the test pictures.
        train_loss: of the last epoch, the whole loss.
    """

    loss: str
    beta: float
    run: int
    maps: DimensionComparison
    n_used: float
    train_loss: float

    def value(self, measure: str) -> float:
        """One of the figures by name."""
        return float(self.n_used if measure == "n_used" else getattr(self.maps, measure))


@dataclass(frozen=True)
class Disentanglement:
    """Figures of all networks.

    Attributes:
        networks: one for each loss, β and run.
        n_dims: latent dimensions of each.
        data: name of the data.
    """

    networks: tuple[TrainedVae, ...]
    n_dims: int
    data: str = ""

    def rows(self) -> list[dict[str, Any]]:
        """One row a network."""
        return [
            {"loss": each.loss, "beta": each.beta, "run": each.run, **asdict(each.maps), "n_used": each.n_used,
             "train_loss": each.train_loss} for each in self.networks
        ]  # fmt: skip

    def of(self, loss: str, beta: float, measure: str) -> NDArray[np.float64]:
        """A figure in every run [R]."""
        return np.array([each.value(measure) for each in self.networks if (each.loss, each.beta) == (loss, beta)])

    def sentences(self) -> list[str]:
        """What was found, in words."""
        lines = []
        for loss, betas in self._groups():
            first, last = betas[0], betas[-1]
            parts = []
            for measure, name in _MEASURES.items():
                low, high = _mean(self.of(loss, first, measure)), _mean(self.of(loss, last, measure))
                parts.append(f"{name} {told(low)} to {told(high)}")
            lines.append(
                f"{words_of(loss)}, β from {first:g} to {last:g}: {', '.join(parts)}; {self._verdict(loss, betas)}"
            )
        return lines

    def draw(self, form: Format = "png") -> bytes:
        """One panel a measure: each network a dot, the mean of the runs a line."""
        from matplotlib.figure import Figure

        canvas = Figure(figsize=(9.6, 4.8), layout="constrained")
        *panels, legend = canvas.subplots(2, 4).ravel()
        for panel, (measure, name) in zip(panels, _MEASURES.items(), strict=False):
            for number, (loss, betas) in enumerate(self._groups()):
                colour, places = OKABE_ITO[number], np.arange(len(betas)) + 0.12 * (number - 0.5)
                values = [self.of(loss, beta, measure) for beta in betas]
                panel.plot(places, [_mean(each) for each in values], color=colour, linewidth=1.2, label=words_of(loss))
                for place, each in zip(places, values, strict=True):
                    panel.plot([place] * len(each), each, "o", color=colour, markersize=3.5, alpha=0.7)
                panel.set_xticks(range(len(betas)), [f"{beta:g}" for beta in betas])
            panel.set_title(plain(name), fontsize=9)
            panel.set_xlabel("β", fontsize=9)
            panel.grid(visible=True, color="#dddddd", linewidth=0.5)
            panel.spines[["top", "right"]].set_visible(False)
            panel.set_ylim(*self._range(measure))
        legend.set_axis_off()
        legend.legend(*panels[0].get_legend_handles_labels(), frameon=False, fontsize=9, loc="center")
        canvas.suptitle(plain(f"{self.data}: how alike the maps of {self.n_dims} latent dimensions are"), fontsize=10)
        return render(canvas, form, dpi=200)

    def _range(self, measure: str) -> tuple[float, float]:
        """What a figure can be at most, so that small differences look small."""
        top = {"entropy": math.log(self.n_dims), "active": self.n_dims, "n_used": self.n_dims}.get(measure, 1.0)
        lowest = np.nanmin([0.0, *(each.value(measure) for each in self.networks)])
        return float(lowest), 1.05 * top

    def _groups(self) -> list[tuple[str, list[float]]]:
        losses = dict.fromkeys(each.loss for each in self.networks)
        return [(loss, sorted({each.beta for each in self.networks if each.loss == loss})) for loss in losses]

    def _verdict(self, loss: str, betas: Sequence[float]) -> str:
        """Whether the maps' correlation fell with β, by more than runs differ."""
        ends = (betas[0], betas[-1])
        collapsed = [f"{beta:g}" for beta in ends if _mean(self.of(loss, beta, "n_used")) < _LEAST_USED]
        if collapsed:
            return f"with β = {listed(collapsed)} it uses fewer than two dimensions: their maps say nothing"
        first, last = (self.of(loss, beta, "pearson") for beta in ends)
        if len(first) < _LEAST_RUNS:
            return "with one run nobody knows whether that is chance"
        if np.nanmax(last) < np.nanmin(first):
            return "in every run the dimensions' maps are less correlated with the largest β than with the smallest"
        return "the runs overlap: more pressure to be independent does not make the dimensions look at other pixels"


def count_used(means: NDArray[Any]) -> int:
    """Latent dimensions in use: those whose means [N, D] vary by more than 0.01 over the cases.

    Source: Burda et al. 2016, "Importance weighted autoencoders", section 5.2.
    """
    return int((np.asarray(means, np.float64).var(axis=0) > _USED).sum())


def _mean(values: Sequence[float] | NDArray[Any]) -> float:
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    return float(known.mean()) if len(known) else float("nan")

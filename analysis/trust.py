"""How far to believe each step of a traversal.

A decoded image always looks like an answer. Five questions are put to every step: would the prior draw such a
z, does the discriminator take it for one, are there training cases nearby, does the picture encode back to
where it was asked to be, and how much of the asked move arrives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from analysis.directions import Direction
from analysis.traversals import Traversal
from xaae_core.models.latent_model import LatentModel
from xaae_core.models.model_abilities import has_prior
from xaae_core.models.signal_pictures import as_picture_model
from xaae_core.ms_ssim import ssim
from xaae_core.signal_form import case_noun

Level = Literal["good", "caution", "poor"]
Values = NDArray[np.float64]

_NEIGHBOURS = 5
_ORDER: tuple[Level, ...] = ("good", "caution", "poor")


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """The encoded training cases that steps are compared with.

    Attributes:
        z: their latent vectors [N, D].
        spacing: for each, the mean distance to its 5 nearest others [N].
    """

    z: NDArray[np.float32]
    spacing: Values

    @classmethod
    def of(cls, z: NDArray[Any]) -> Neighbourhood:
        """Measure the spacing of latent vectors [N, D]; at least 2 are needed."""
        from sklearn.neighbors import NearestNeighbors

        if len(z) < 2:
            raise ValueError(f"{len(z)} encoded cases; a neighbourhood needs at least 2")
        count = min(_NEIGHBOURS, len(z) - 1)
        distances, _ = NearestNeighbors(n_neighbors=count + 1).fit(z).kneighbors(z)
        return cls(np.asarray(z, dtype=np.float32), distances[:, 1:].mean(axis=1))

    def distance(self, z: NDArray[Any]) -> Values:
        """Mean distance [K] from latent vectors [K, D] to their 5 nearest training cases."""
        from scipy.spatial.distance import cdist

        count = min(_NEIGHBOURS, len(self.z))
        distances = cdist(np.asarray(z, dtype=np.float32), self.z)  # [K, N]
        return np.asarray(np.partition(distances, count - 1, axis=1)[:, :count].mean(axis=1), dtype=np.float64)

    def share_closer(self, distances: Values) -> Values:
        """Share of training cases [K], in [0, 1], that have nearer neighbours than the distances [K]."""
        return np.searchsorted(np.sort(self.spacing), distances) / len(self.spacing)


@dataclass(frozen=True, eq=False)
class Trust:
    """What is known about each step of a traversal; all arrays [K].

    Attributes:
        prior_p: probability that the Gaussian prior draws a z at least as far out (χ²), in [0, 1]; NaN for a
            model without a prior.
        discriminator: the discriminator's score in [0, 1]; None for a model without one.
        distance_ratio: distance to the nearest training cases over the median spacing of training cases.
        share_closer: share of training cases that have nearer neighbours than this step, in [0, 1].
        cycle_error: ‖encode(decode(z′)) − z′‖ / ‖z′‖.
        achieved: move along the direction after decoding and encoding again, in SD; 0 at step 0.
        levels: "good", "caution" or "poor".
        reasons: one sentence a step.
    """

    prior_p: Values
    discriminator: Values | None
    distance_ratio: Values
    share_closer: Values
    cycle_error: Values
    achieved: Values
    levels: tuple[Level, ...]
    reasons: tuple[str, ...]


def judge_traversal(
    model: LatentModel, traversal: Traversal, direction: Direction, neighbourhood: Neighbourhood
) -> Trust:
    """Judge every step of a path; one batched encode.

    Args:
        model: the model in eval mode.
        traversal: the path.
        direction: the one it follows.
        neighbourhood: of the training cases' latents.

    Source: χ² of ‖z‖² under N(0, I); the other measures are defined at `Trust`.
    """
    from scipy.stats import chi2

    model = as_picture_model(model)
    device = next((p.device for p in getattr(model, "parameters", lambda: iter(()))()), torch.device("cpu"))
    with torch.inference_mode():
        again = model.encode(torch.from_numpy(traversal.frames.copy()).to(device)).z.float().cpu().numpy()
        judge = getattr(model, "discriminate", None)
        scores = None if judge is None else judge(torch.from_numpy(traversal.z.copy()).to(device)).ravel()
    along = direction.score(again)
    distances = neighbourhood.distance(traversal.z)
    norms = np.linalg.norm(traversal.z, axis=1)
    prior_p = np.asarray(chi2.sf(norms.astype(np.float64) ** 2, df=traversal.z.shape[1]))
    if not has_prior(model):
        prior_p = np.full(len(norms), np.nan)
    achieved = along - along[traversal.origin]
    share = neighbourhood.share_closer(distances)
    noun = case_noun(traversal.signal_form)
    verdicts = [_judge(*values, noun) for values in zip(traversal.steps, achieved, share, prior_p, strict=True)]
    return Trust(
        prior_p=prior_p,
        discriminator=None if scores is None else scores.float().cpu().numpy().astype(np.float64),
        distance_ratio=distances / float(np.median(neighbourhood.spacing)),
        share_closer=share,
        cycle_error=np.linalg.norm(again - traversal.z, axis=1) / np.maximum(norms, 1e-12),
        achieved=achieved,
        levels=tuple(level for level, _ in verdicts),
        reasons=tuple(reason for _, reason in verdicts),
    )


def picture_likeness(original: NDArray[Any], decoded: NDArray[Any]) -> float:
    """SSIM of a decoded picture against the original, both [C, H, W] in [0, 1]; 1: equal."""
    first, second = (torch.tensor(np.asarray(picture), dtype=torch.float32)[None] for picture in (original, decoded))
    return float(ssim(first, second))


def signal_likeness(original: NDArray[Any], decoded: NDArray[Any]) -> float:
    """Share of a signal's variance around its channels' means that a decoded one keeps, both [..., C, T].

    1: equal; 0 or less: no nearer to it than each channel's mean is (the coefficient of determination).
    """
    first, second = (np.asarray(signal, dtype=np.float64) for signal in (original, decoded))
    left = float(((first - second) ** 2).sum())
    whole = float(((first - first.mean(axis=-1, keepdims=True)) ** 2).sum())
    if whole == 0:
        return 1.0 if left == 0 else 0.0
    return 1 - left / whole


def path_likeness(traversal: Traversal, original: NDArray[Any]) -> float:
    """How like the original [C, H, W] is what is decoded at 0: SSIM of pictures, variance kept of signals; 1: equal."""
    measure = picture_likeness if traversal.signal_form is None else signal_likeness
    return measure(original, traversal.frames[traversal.origin])


def _judge(step: float, achieved: float, share: float, prior_p: float, noun: str) -> tuple[Level, str]:
    """The worst of three findings, in words."""
    findings: list[tuple[Level, str]] = []
    if share >= 0.999:
        findings.append(("poor", "leaves the data here: farther from any training case than they are from each other"))
    elif share > 0.95:
        findings.append(("caution", "few training cases look like this"))
    part = achieved / step if abs(step) >= 0.25 else 1.0
    if part < 0.25:
        findings.append(("poor", f"the {noun} shows only {max(part, 0):.0%} of the move that was asked for"))
    elif part < 0.5:
        findings.append(("caution", f"the {noun} shows {part:.0%} of the move that was asked for"))
    if prior_p < 1e-6:
        findings.append(("poor", "the model's prior practically never gives such a latent vector"))
    elif prior_p < 1e-3:
        findings.append(("caution", "the model's prior rarely gives such a latent vector"))
    if not findings:
        return "good", f"training cases lie nearby, and the {noun} shows what was asked for"
    worst = max((level for level, _ in findings), key=_ORDER.index)
    said = "; ".join(text for level, text in findings if level == worst)
    return worst, said

"""The demo's claims, measured: on phantoms drawn anew, whose severity and possible changes are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.demo_claims import Claim, claim
from analysis.directions import Direction, auroc, fit_direction, spearman
from analysis.leakage import measure_leakage
from analysis.traversals import Traversal, encode_image, path_steps, traverse
from analysis.trust import Neighbourhood, judge_traversal
from xaae_core.data.phantoms import PhantomSet, change_inside, decoded_effusion, demo_phantoms, effusion_region
from xaae_core.demo.phantom_latents import tabulate_phantoms
from xaae_core.errors import ImageError
from xaae_core.latents import LatentTable

if TYPE_CHECKING:
    from torch import Tensor

    from xaae_core.models.latent_model import LatentModel

PATH_SPAN = 2.0
"""Paths run from −2 to +2 standard deviations."""
PATH_STEPS = 9
"""Steps of a path, 0.5 standard deviations apart."""
_LEAKAGE_IMAGES = 16
_BATCH = 50


@dataclass(frozen=True)
class DemoMeasures:
    """Held-out figures of the demo model, each with its claim (`claims`)."""

    n_images: int
    n_paths: int
    auroc: float = claim("AUROC of the classifier", least=0.99)
    score_severity: float = claim("correlation of the direction's score with the hidden severity", least=0.9)
    monotone_mean: float = claim("Spearman of step against decoded effusion, mean over paths", least=0.97)
    monotone_worst: float = claim("the same, worst path", least=0.8)
    inside_mean: float = claim("squared change from −2 to +2 SD where an effusion can be", least=0.7)
    inside_chance: float = claim("share of the picture where an effusion can be (chance)")
    crisper: float = claim("SSIM gained by keeping the skips", least=0.05)
    ssim_z_alone: float = claim("SSIM, every skip dropped: z alone draws")
    ssim_skips: float = claim("SSIM, every skip kept")
    achieved: float = claim("move found after encoding again, per SD asked for")
    cycle_error: float = claim("|encode(decode(z)) − z| per |z| along the paths")
    effusion_per_sd: float = claim("decoded effusion gained per SD", "of full height")
    severity_per_sd: float = claim("hidden severity gained per SD of score in the data", "of full height")
    z_share_none_dropped: float = claim("share of the picture that follows z, every skip kept")
    z_share_half_dropped: float = claim("the same, half of the skips' channels dropped")

    def claims(self) -> Iterator[tuple[Claim, float]]:
        """Every figure with what is claimed of it, in order."""
        for field in fields(self):
            if "claim" in field.metadata:
                yield field.metadata["claim"], float(getattr(self, field.name))

    def failures(self) -> tuple[str, ...]:
        """The claims that do not hold, in words; empty when all do."""
        return tuple(found.verdict(value) for found, value in self.claims() if not found.holds(value))

    def by_name(self) -> dict[str, float]:
        """The figures by field name, for a model card."""
        return {field.name: float(getattr(self, field.name)) for field in fields(self) if "claim" in field.metadata}

    def table(self) -> str:
        """A plain-text table: figure, bound, whether it holds."""
        lines = [found.line(value) for found, value in self.claims()]
        return "\n".join([f"{self.n_images} held-out phantoms, {self.n_paths} paths of ±{PATH_SPAN:g} SD", *lines])

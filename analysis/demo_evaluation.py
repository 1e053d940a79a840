"""The demo's claims, measured: on phantoms drawn anew, whose severity and possible changes are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from analysis.demo_claims import Claim, claim
from analysis.demo_paths import PathMeasures, measure_path, slope
from analysis.directions import Direction, auroc, fit_direction
from analysis.leakage import measure_leakage
from analysis.traversals import encode_image, path_steps, traverse
from analysis.trust import Neighbourhood, judge_traversal
from xaae_core.data.phantoms import PhantomSet, demo_phantoms
from xaae_core.demo.phantom_latents import tabulate_phantoms
from xaae_core.errors import ImageError
from xaae_core.models.latent_model import Encoding, LatentModel
from xaae_core.ms_ssim import ssim

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


def measure_demo(
    model: LatentModel,
    *,
    train: PhantomSet | None = None,
    test: PhantomSet | None = None,
    n_paths: int = 100,
    progress: Callable[[str], None] | None = None,
) -> DemoMeasures:
    """Measure a model of the phantoms on held-out ones.

    The direction is fitted to the latents of `train`; everything else is measured on `test`.

    Args:
        model: the model in eval mode, for square images of one channel.
        train: the demo's training phantoms, drawn anew, if None.
        test: the demo's held-out phantoms, drawn anew, if None.
        n_paths: paths to decode, from the first phantoms of `test`.
        progress: called with a few words before each part.

    Raises:
        ImageError: the model does not take such images.
    """
    say = progress or _say_nothing
    side = _side_of(model)
    say("drawing phantoms")
    train, test = train or demo_phantoms("train", size=side), test or demo_phantoms("test", size=side)
    say("encoding")
    table = tabulate_phantoms(model, [("train", train), ("test", test)])
    direction = fit_direction(table, n_bootstrap=0)
    fitted, held_out = table.rows(table.split == "train"), table.rows(table.split == "test")
    say("decoding")
    with_skips, alone = (_similarity(model, test, skip_dropout) for skip_dropout in (0.0, 1.0))
    say(f"following {n_paths} paths")
    paths = _measure_paths(model, test, direction, Neighbourhood.of(fitted.z), min(n_paths, len(test)))
    encoded = _encode(model, test, slice(0, _LEAKAGE_IMAGES))
    leakage = [measure_leakage(model, encoded, skip_dropout=share).z_share for share in (0.0, 0.5)]
    scores, severity = direction.score(held_out.z), held_out.columns["severity"]
    return DemoMeasures(
        n_images=len(test),
        n_paths=len(paths),
        auroc=auroc(held_out.labels, held_out.probabilities[:, 1].astype(np.float64)),
        score_severity=float(np.corrcoef(scores, severity)[0, 1]),
        monotone_mean=float(np.mean([path.monotone for path in paths])),
        monotone_worst=float(np.min([path.monotone for path in paths])),
        inside_mean=float(np.mean([path.inside for path in paths])),
        inside_chance=float(np.mean([path.chance for path in paths])),
        crisper=with_skips - alone,
        ssim_z_alone=alone,
        ssim_skips=with_skips,
        achieved=float(np.mean([path.achieved for path in paths])),
        cycle_error=float(np.mean([path.cycle_error for path in paths])),
        effusion_per_sd=float(np.mean([path.effusion_per_sd for path in paths])),
        severity_per_sd=slope(direction.score(fitted.z), fitted.columns["severity"]),
        z_share_none_dropped=leakage[0],
        z_share_half_dropped=leakage[1],
    )


def _measure_paths(
    model: LatentModel, phantoms: PhantomSet, direction: Direction, neighbourhood: Neighbourhood, n_paths: int
) -> list[PathMeasures]:
    steps = path_steps(PATH_SPAN, PATH_STEPS)
    measured = []
    for row in range(n_paths):
        encoding = encode_image(model, phantoms.images[row].astype(np.float32) / 255)
        path = traverse(model, encoding, direction, steps=steps)
        trust = judge_traversal(model, path, direction, neighbourhood)
        measured.append(measure_path(path, trust.achieved, trust.cycle_error, phantoms.factors_of(row)))
    return measured


def _say_nothing(words: str) -> None:
    pass


def _side_of(model: LatentModel) -> int:
    height, width = model.input_size
    if height != width or model.input_channels != 1 or model.classes != 2:
        raise ImageError(
            f"the model takes {model.input_channels} × {height} × {width} and tells {model.classes} classes apart; "
            "phantoms are square, grey and of two classes: measure a model that xaae demo train made"
        )
    return height


def _encode(model: LatentModel, phantoms: PhantomSet, rows: slice) -> Encoding:
    with torch.inference_mode():
        return model.encode(_pixels(phantoms, rows))


def _pixels(phantoms: PhantomSet, rows: slice) -> Tensor:
    return torch.from_numpy(phantoms.images[rows].astype(np.float32) / 255)


def _similarity(model: LatentModel, phantoms: PhantomSet, skip_dropout: float) -> float:
    """Mean SSIM of decoded phantoms with the originals."""
    total = 0.0
    for start in range(0, len(phantoms), _BATCH):
        rows = slice(start, start + _BATCH)
        encoding = _encode(model, phantoms, rows)
        with torch.inference_mode():
            decoded = model.decode(encoding.z, encoding.skips, skip_dropout=skip_dropout)
            total += float(ssim(decoded, _pixels(phantoms, rows)).sum())
    return total / len(phantoms)

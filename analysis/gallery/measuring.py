"""From a trained model to its card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np
from torch import nn

from analysis.disentanglement.codes import CodedFactors
from analysis.disentanglement.scores import measure_disentanglement
from analysis.gallery.cards import GalleryCard
from analysis.gallery.cases import GalleryCases
from analysis.gallery.class_figures import ClassFigures, measure_classifier
from analysis.gallery.kl_weights import kl_weight_of
from analysis.gallery.latent_figures import ACTIVE_VARIANCE, LatentFigures, encode_cases, measure_latents
from analysis.gallery.linear_probe import LinearProbe, probe_classes
from analysis.gallery.principal_components import PrincipalComponents

Progress = Callable[[int, int], None]
YARDSTICK = "principal_components"
"""Name of the card of what needs no network."""


@dataclass(frozen=True, eq=False)
class Measured:
    """A model's figures.

    Attributes:
        latents: reconstruction, nats, dimensions.
        probe: what a line reads from z.
        classifier: its own classes; None where it has no classifier.
        scores: of factors, see `DisentanglementScores.to_json`; {} where none are known.
    """

    latents: LatentFigures
    probe: LinearProbe
    classifier: ClassFigures | None
    scores: Mapping[str, Any]


def measure_model(
    model: nn.Module, cases: GalleryCases, *, seed: int = 0, progress: Progress | None = None
) -> Measured:
    """Measure a model: on the test part; a probe learns on train; factors are scored over all cases, as is usual.

    Args:
        model: a `LatentModel` on the CPU.
        cases: at the size that it takes.
        seed: of everything random.
        progress: called with (parts done, all).
    """
    tell = progress or _silent
    (x_train, y_train), (x_test, y_test) = cases.of("train"), cases.of("test")
    latents = measure_latents(model, x_test, seed=seed)
    tell(1, 4)
    z_test = encode_cases(model, x_test)
    probe = probe_classes(encode_cases(model, x_train), y_train, z_test, y_test, seed=seed)
    classifier = measure_classifier(model, z_test, y_test)
    tell(2, 4)
    scores: Mapping[str, Any] = {}
    if cases.factors is not None:
        coded = CodedFactors.of(
            encode_cases(model, cases.x), cases.factors, cases.factor_names, unordered=cases.unordered
        )
        is_used = np.array(latents.variance) > ACTIVE_VARIANCE if latents.n_active is not None else None
        scores = measure_disentanglement(coded, is_used=is_used, seed=seed).to_json()
    tell(4, 4)
    return Measured(latents, probe, classifier, scores)


def card_of(
    model: nn.Module,
    measured: Measured,
    cases: GalleryCases,
    *,
    name: str,
    title: str,
    purpose: str,
    n_epochs: int,
    seconds: float,
    settings: Mapping[str, Any],
    note: str = "",
    has_seen_labels: bool = False,
) -> GalleryCard:
    """The card of a measured model."""
    own = model.n_numbers if isinstance(model, PrincipalComponents) else sum(p.numel() for p in model.parameters())
    return GalleryCard(
        name=name,
        title=title,
        purpose=purpose,
        data=f"{cases.name}: {cases.describe()}",
        size=cases.size,
        n_parameters=own,
        n_epochs=n_epochs,
        seconds=round(seconds, 1),
        settings=dict(settings),
        latents=measured.latents,
        probe=measured.probe,
        classifier=measured.classifier,
        scores=dict(measured.scores),
        versions={package: version(package) for package in ("torch", "xaae", "scikit-learn")},
        note=note,
        has_seen_labels=has_seen_labels,
        classes=cases.classes,
        kl_weight=kl_weight_of(model, n_data=len(cases.rows("train")), batch_size=settings["batch_size"]),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _silent(done: int, n_all: int) -> None:
    return None

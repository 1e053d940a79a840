"""The three phases of xAAEnet: what each minimises, measures and calls back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import torch
from fastai.learner import Metric
from torch import Tensor

from xaae_core.corruption import AddGaussianNoise, RandomMasking
from xaae_core.models.aae import XaaeBlocks
from xaae_core.training.adversary import AlternatePlayers, UnfreezeFcCritAdaptative
from xaae_core.training.callbacks import CorruptionCallback, LossAttrMetric
from xaae_core.training.cycle import cycle_loss, move_at_random
from xaae_core.training.metrics import PriorDistance, classifier_metrics
from xaae_core.training.phase import Phase
from xaae_core.training.settings import TrainingSettings

_TARGET_METRIC = {False: "auroc", True: "spearman"}
PHASES = ("adversarial", "autoencoder", "classifier")


@dataclass(frozen=True)
class XaaeSelection:
    """What the best weights of a phase of xAAEnet have least of.

    The validation loss without its adversarial term, which depends on how good the discriminator has become and would
    make early epochs win. Where there is no other term it is `prior_distance`, the distance of z from the Gaussian.
    With a `target_metric` the best weights have the most of that instead, as far as it can be measured.

    Attributes:
        adv_weight: weight of the adversarial term in the loss; None: there is no other term.
        target_metric: name of a metric that the best weights have most of; "" for the loss.
    """

    adv_weight: float | None = None
    target_metric: str = ""

    def __call__(self, measured: Mapping[str, float]) -> float:
        """Of an epoch's validation losses by name."""
        metric = measured.get(self.target_metric, math.nan)
        if math.isfinite(metric):
            return 1 - metric
        if self.adv_weight is None:
            return measured["prior_distance"]
        return measured["valid_loss"] - self.adv_weight * measured["adv_loss"]


@dataclass(frozen=True)
class CycleTerm:
    """`weight` times the cycle loss of the batch's z, left on the model as `cycle_loss`; 0 without a weight."""

    model: XaaeBlocks
    weight: float

    def __call__(self) -> Tensor | float:
        """The weighted term; in validation always with the same moves."""
        if not self.weight:
            return 0.0
        generator = None if self.model.training else torch.Generator().manual_seed(0)
        loss = cycle_loss(self.model, self.model.z, partial(move_at_random, generator=generator))
        self.model.cycle_loss = loss.detach()
        return self.weight * loss


def adversarial_phase(model: XaaeBlocks, settings: TrainingSettings) -> Phase:
    """Latent GAN only, with alternating generator / discriminator updates."""
    turns = UnfreezeFcCritAdaptative(
        low_threshold=settings.adv_low_threshold, high_threshold=settings.adv_high_threshold
    )
    return Phase(
        PHASES[0],
        settings.epochs_adv,
        settings.adv_fname,
        settings.lr_max,
        model.aae_loss_func,
        (LossAttrMetric("adv_loss"), PriorDistance()),
        (turns,),
        XaaeSelection(),
        figures=("tsne",),
    )


def autoencoder_phase(model: XaaeBlocks, settings: TrainingSettings) -> Phase:
    """Denoising reconstruction of corrupted inputs, with the adversarial term."""
    corruption = CorruptionCallback(
        [RandomMasking(settings.mask_ratio, settings.patch_size), AddGaussianNoise(std=settings.noise_std)]
    )
    cycle = CycleTerm(model, settings.cycle_weight)

    def loss(pred: Tensor, target: Tensor) -> Tensor:
        clean = corruption.clean_xb if corruption.clean_xb is not None else model.input_image
        return cycle() + model.denoising_ae_loss_func(
            clean, settings.ae_recons_weight, settings.ae_adv_weight, pred, target
        )

    return Phase(
        PHASES[1],
        settings.epochs_ae,
        settings.ae_fname,
        settings.lr_max,
        loss,
        _parts("adv_loss", "recons_loss", cycle=cycle),
        (AlternatePlayers(), corruption),
        XaaeSelection(settings.ae_adv_weight if settings.ae_recons_weight or settings.cycle_weight else None),
        figures=("tsne",),
    )


def classifier_phase(model: XaaeBlocks, settings: TrainingSettings, class_weights: Tensor | None) -> Phase:
    """Weighted sum of reconstruction, adversarial and cross-entropy terms, on clean inputs."""
    has_other_terms = any((settings.classif_recons_weight, settings.classif_class_weight, settings.cycle_weight))
    cycle = CycleTerm(model, settings.cycle_weight)

    def loss(pred: Tensor, target: Tensor) -> Tensor:
        return cycle() + model.classif_loss_func(
            pred,
            target,
            ADV_WEIGHT=settings.classif_adv_weight,
            RECONS_WEIGHT=settings.classif_recons_weight,
            CLASS_WEIGHT=settings.classif_class_weight,
            weight=class_weights.to(pred.device) if class_weights is not None else None,
        )

    return Phase(
        PHASES[2],
        settings.epochs_classif,
        settings.classif_fname,
        settings.lr_max / settings.lr_max_factor,
        loss,
        (
            *_parts("adv_loss", "recons_loss", "classif_loss", cycle=cycle),
            *classifier_metrics(is_regressor=model.is_regressor),
        ),
        (AlternatePlayers(),),
        XaaeSelection(
            settings.classif_adv_weight if has_other_terms else None,
            _TARGET_METRIC[model.is_regressor] if settings.early_stopping == "target" else "",
        ),
        figures=("pls",),
    )


def _parts(*names: str, cycle: CycleTerm) -> tuple[Metric, ...]:
    return (*(LossAttrMetric(name) for name in (*names, *(["cycle_loss"] if cycle.weight else []))), PriorDistance())

"""Training of xAAEnet and of every other model, the only place besides the data loaders that knows fastai.

Importing this package is cheap: fastai is imported when one of its names is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xaae_core.corruption import AddGaussianNoise, RandomMasking
    from xaae_core.training.adversary import UnfreezeFcCritAdaptative
    from xaae_core.training.callbacks import CorruptionCallback, GetLatentSpace, LossAttrMetric
    from xaae_core.training.latent_figures import save_latent_pls_figure, save_latent_tsne_figure
    from xaae_core.training.progress import TrainingProgress
    from xaae_core.training.train import train_xaaenet

__all__ = [
    "AddGaussianNoise",
    "CorruptionCallback",
    "GetLatentSpace",
    "LossAttrMetric",
    "RandomMasking",
    "TrainingProgress",
    "UnfreezeFcCritAdaptative",
    "save_latent_pls_figure",
    "save_latent_tsne_figure",
    "train_xaaenet",
]

_HOMES = {
    "AddGaussianNoise": "xaae_core.corruption",
    "CorruptionCallback": "xaae_core.training.callbacks",
    "GetLatentSpace": "xaae_core.training.callbacks",
    "LossAttrMetric": "xaae_core.training.callbacks",
    "RandomMasking": "xaae_core.corruption",
    "TrainingProgress": "xaae_core.training.progress",
    "UnfreezeFcCritAdaptative": "xaae_core.training.adversary",
    "save_latent_pls_figure": "xaae_core.training.latent_figures",
    "save_latent_tsne_figure": "xaae_core.training.latent_figures",
    "train_xaaenet": "xaae_core.training.train",
    "_pls_validation_latent_after_phase": "xaae_core.training.phase_files",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)

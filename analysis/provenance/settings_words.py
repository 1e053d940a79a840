"""Names of methods, models and settings as papers write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

METHOD_NAMES = {
    "pls": "partial least squares regression (PLS)",
    "pca": "principal component analysis (PCA)",
    "tsne": "t-SNE",
    "t-sne": "t-SNE",
    "umap": "UMAP",
    "saliency": "saliency",
    "input_x_gradient": "input × gradient",
    "integrated_gradients": "integrated gradients",
    "gradient_shap": "GradientShap",
    "deep_lift": "DeepLift",
    "occlusion": "occlusion",
    "feature_ablation": "feature ablation",
    "grad_cam": "Grad-CAM",
    "guided_backprop": "guided backpropagation",
    "smooth_grad": "SmoothGrad",
    "latent_shift": "latent shift",
    "label_free": "label-free attribution",
    "nearest": "distance in the latent space",
    "simplex": "SimplEx",
    "simplex_entropy": "SimplEx with a penalty on the entropy of its weights",
    "tracin": "TracIn",
    "influence": "influence functions",
    "influence_series": "influence functions by a series",
}
"""By the name of a method, in small letters."""
KIND_NAMES = {
    "AAE": "an xAAEnet, an adversarial autoencoder with a classifier on its latent space",
    "EncoderWithAAEBlocks": "an encoder with the adversarial blocks, classifier and decoder of xAAEnet",
    "AE": "an autoencoder",
    "VAE": "a variational autoencoder",
    "AdaGVAE": "an Ada-GVAE, a variational autoencoder of weakly supervised pairs",
    "AutoEncoderMnist": "a denoising autoencoder",
    "BetaVaeMnist": "a β-VAE",
    "BetaTcVaeMnist": "a β-TCVAE",
    "BurgessVAE": "a variational autoencoder with annealed capacity",
    "AutoencoderLatents": "an autoencoder",
    "SignalAutoencoderLatents": "an autoencoder of signals",
    "SignalsInUnits": "an autoencoder of signals",
    "ClassifierMnist": "a classifier",
    "ClassifierLatent": "a classifier",
    "SimCLR": "a SimCLR encoder",
}
"""By the name of a model's class or family, as a sentence names it."""
_SETTINGS = {
    "n_steps": "{} steps",
    "steps": "{} steps",
    "step": "at {} SD",
    "span": "up to ±{} SD",
    "skip_dropout": "skip dropout {}",
    "perplexity": "perplexity {}",
    "n_neighbors": "{} neighbours",
    "min_dist": "minimal distance {}",
    "n_samples": "{} samples",
    "noise": "noise {}",
    "window": "window {}",
    "stride": "stride {}",
    "n_cases": "{} cases",
    "cases": "{} cases",
    "colour": "coloured by {}",
    "placed": "{} cases placed on the finished map",
    "split": "split {}",
    "intervals": "intervals by {}",
    "n": "{} drawn",
    "source": "drawn from {}",
    "n_drawn": "{} drawn",
    "k": "{} nearest",
}
_TOLD_ELSEWHERE = {
    *("model", "family", "classes", "latent_dims", "panels", "method", "methods", "evaluated", "likeness", "columns"),
    *("maps", "preset", "method_settings"),
}
_TRANSPARENT = ("parameters",)
_LONGEST = 80


def parameter_words(settings: Mapping[str, Any], names: Sequence[str]) -> str:
    """The settings of these names that are there, in words: "perplexity 30, metric cosine"; "" for none."""
    told = []
    for name in names:
        value = settings.get(name)
        if isinstance(value, Mapping):
            words = all_words(value)
            told.append(words if name in _TRANSPARENT or not words else f"{name.replace('_', ' ')}: {words}")
        elif value is not None:
            told.append(_setting(name, value))
    return ", ".join(filter(None, told))


def all_words(settings: Mapping[str, Any]) -> str:
    """Every setting that is a number or a text, in words, but what sentences of their own tell."""
    own = settings.get("method_settings")
    told = {
        key for each in (own.values() if isinstance(own, Mapping) else ()) if isinstance(each, Mapping) for key in each
    }
    return parameter_words(settings, [name for name in settings if name not in _TOLD_ELSEWHERE | told])


def number_words(value: Any) -> str:
    """A number as a sentence writes it: three digits, whole numbers in full, with a real minus."""
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−")
    return f"{value:.3g}".replace("-", "−") if isinstance(value, float) else one_line(str(value))


def one_line(text: str) -> str:
    """A name as part of a sentence: one line, not too long, without what reads as a citation."""
    told = " ".join(text.split()).replace("[@", "[ @")
    return told if len(told) <= _LONGEST else f"{told[: _LONGEST - 1]}…"


def list_words(items: Sequence[str]) -> str:
    """Items as a sentence lists them: "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def _setting(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return name.replace("_", " ") if value else ""
    if isinstance(value, list):
        if not value or not all(isinstance(each, int | float | str) for each in value) or len(value) > 12:
            return f"{len(value)} {name.replace('_', ' ')}" if value else ""
        told = ", ".join(number_words(each) for each in value)
        return f"{name.replace('_', ' ')} {told}"
    if value == "" or (name == "placed" and not value):
        return ""
    return _SETTINGS.get(name, f"{name.replace('_', ' ')} {{}}").format(number_words(value))

"""Words of figures of attributions: methods, what a map says of itself, and how good a verdict is."""

from __future__ import annotations

from analysis.attributions.attribution import Attribution
from analysis.figures.heat_layers import number_words

METHOD_WORDS = {
    "integrated_gradients": "Integrated gradients",
    "latent_shift": "Latent shift",
    "occlusion": "Occlusion",
    "grad_cam": "Grad-CAM",
    "smooth_grad": "SmoothGrad",
    "gradient_shap": "GradientShap",
    "saliency": "Saliency",
    "input_x_gradient": "Input × gradient",
    "guided_backprop": "Guided backprop",
    "deep_lift": "DeepLift",
    "feature_ablation": "Feature ablation",
}
"""Methods as people write them, in the order in which pages offer them."""
GOOD, DOUBTFUL, BAD, UNKNOWN = "#00664b", "#7a5a00", "#a83c00", "#6b6b6b"
"""Colours of answers on white; each has words or a sign beside it, and they differ in lightness, too."""
_LEVELS = {"believable": GOOD, "doubtful": DOUBTFUL, "fails": BAD}


def method_words(method: str) -> str:
    """A method's name as people write it; one that is not known without its underscores."""
    return METHOD_WORDS.get(method, method.replace("_", " "))


def said_of_map(found: Attribution) -> list[str]:
    """The target's number, what it was compared with, and how complete the map is, a line each."""
    said = f"{found.target}: {number_words(found.score)}"
    if found.baseline_score is not None:
        said += f"; {found.baseline}: {number_words(found.baseline_score)}"
    lines = [said]
    if found.convergence_delta is not None:
        off = number_words(abs(found.convergence_delta))
        lines.append(f"sum of the map {number_words(found.total)}, off by {off}")
    return lines


def verdict_colour(verdict: str) -> str:
    """The colour of a verdict's words, by the first of them."""
    return _LEVELS.get(verdict.partition(":")[0].strip(), UNKNOWN)

"""What the reader of the attributions page asks for."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.attributions import Baseline, DirectionScore, MethodSettings, Target
from analysis.figures.attribution_words import METHOD_WORDS as METHOD_WORDS
from app.attribution_baselines import BaselineName, make_baseline
from app.attribution_target import target_of

if TYPE_CHECKING:
    from app.workspace import Case, Workspace

METHOD_HELP: dict[str, str] = {
    "integrated_gradients": "sums the gradient on the way from the baseline to the picture; shares out the whole",
    "latent_shift": "moves the code along the target and shows how the decoded picture changes",
    "occlusion": "covers one square after the other and sees what the number loses",
    "grad_cam": "where the deepest maps of the encoder speak for the number; coarse",
    "smooth_grad": "the gradient, averaged over noisy copies of the picture",
    "gradient_shap": "integrated gradients over random points on the way, with noise",
    "saliency": "the plain gradient: where a small change would change the number most",
    "input_x_gradient": "the gradient times the brightness",
    "guided_backprop": "a gradient that keeps what adds; sharp, but often hardly depends on the model",
    "deep_lift": "compares each unit with what it says of the baseline",
    "feature_ablation": "takes one cell of a grid away at a time",
}


_USED = {
    "integrated_gradients": ("n_steps",),
    "smooth_grad": ("n_samples",),
    "gradient_shap": ("n_samples",),
    "occlusion": ("window",),
    "feature_ablation": ("window",),
    "latent_shift": ("span",),
}
"""The settings that each method takes; a map stays valid when another one is changed."""


@dataclass(frozen=True)
class MethodChoice:
    """What the methods are told.

    Attributes:
        n_steps: of integrated gradients.
        n_samples: noisy copies of SmoothGrad and GradientShap.
        window: side of the covered square in pixels, of a signal samples of one channel; 0: a twelfth.
        span: how far latent shift moves, in units of the target.
        seed: of everything random.
    """

    n_steps: int = 64
    n_samples: int = 25
    window: int = 0
    span: float = 1.0
    seed: int = 0

    def used_by(self, method: str) -> tuple[Hashable, ...]:
        """Values of the settings that change the map of a method, or its checks."""
        return (self.seed, *(getattr(self, name) for name in _USED.get(method, ())))

    @property
    def settings(self) -> MethodSettings:
        """As the analysis takes them."""
        return MethodSettings(
            n_steps=self.n_steps,
            n_samples=self.n_samples,
            window=self.window or None,
            span=self.span,
            seed=self.seed,
        )


@dataclass(frozen=True)
class AttributionChoice:
    """Everything the page is asked for.

    Attributes:
        explained: what is explained, as `xaae attribute --target` takes it: "class:NAME", "direction:NAME",
            "dimension:K", "representation" or "error"; "class" alone for a regressor's number.
        methods: names of methods, in the order of the rows.
        baseline: what the picture is compared with.
        is_checked: whether each map is put to the checks.
        told: what the methods are told.
    """

    explained: str
    methods: tuple[str, ...]
    baseline: BaselineName
    is_checked: bool
    told: MethodChoice

    def target(self, workspace: Workspace) -> Target:
        """What is explained; raises XaaeError where the model or the data cannot say it."""
        kind, _, name = self.explained.partition(":")
        if kind == "direction":
            return DirectionScore(workspace.direction(name))
        return target_of(self.explained, workspace.checkpoint.card, None)

    def baseline_for(self, workspace: Workspace, case: Case) -> Baseline:
        """The picture, or signal, that stands for nothing."""
        return make_baseline(self.baseline, case.image.pixels, workspace.signal_form)

    def key(self, workspace: Workspace) -> tuple[Hashable, ...]:
        """Names what is asked of a picture, but for the picture, the method and its settings."""
        fitted = workspace.training_key if self.explained.startswith("direction") else ()
        return (workspace.checkpoint.sha256, self.explained, *fitted, self.baseline)


def explained_words(explained: str, card_target: str) -> str:
    """What is explained, for the control."""
    kind, _, name = explained.partition(":")
    return {
        "class": f"answer for “{name}”" if name else f"predicted {card_target or 'number'}",
        "direction": f"score towards “{name}”",
        "dimension": "one dimension of z",
        "representation": "all of z, without labels",
        "error": "reconstruction error",
    }[kind]

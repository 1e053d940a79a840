"""What every attribution method is given, what it gives back, and what it says of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Tensor, nn

from analysis.attributions.model_trace import ModelTrace
from analysis.attributions.settings import MethodSettings
from analysis.attributions.targets import Score, Target
from xaae_core.models.latent_model import LatentModel


@dataclass(frozen=True, eq=False)
class Problem:
    """Some pictures and the number to be explained.

    Attributes:
        model: the model in eval mode; methods leave it as it is.
        target: what is explained.
        images: the pictures [B, C, H, W].
        baselines: the pictures that stand for nothing [B, C, H, W].
        context: what the target keeps of each picture, see `Target.context`; each [B, …].
        settings: what the methods can be told.
        rows: pictures a forward pass with its gradient, at most; never below B.
        trace: what runs in the model.
        count: told the number of pictures of every forward pass; what it raises cancels.
    """

    model: LatentModel
    target: Target
    images: Tensor
    baselines: Tensor
    context: tuple[Tensor, ...]
    settings: MethodSettings
    rows: int
    trace: ModelTrace
    count: Callable[[int], None]

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the pictures."""
        return int(self.images.shape[-2]), int(self.images.shape[-1])

    @property
    def is_along_time(self) -> bool:
        """Whether the pictures are signals: rows are channels, columns are samples."""
        return self.settings.is_along_time

    @property
    def repeats(self) -> int:
        """How often all the pictures fit into one pass."""
        return max(1, self.rows // len(self.images))

    @property
    def score(self) -> Score:
        """The target's number of pictures [B, C, H, W] and their context: [B]."""
        return self.counted(self.target.scorer(self.model))

    def counted(self, score: Score) -> Score:
        """The same score, telling `count`."""

        def counting(x: Tensor, *context: Tensor) -> Tensor:
            self.count(len(x))
            return score(x, *context)

        return counting

    def gradients(self, x: Tensor, *, times: int = 1) -> Tensor:
        """∂ score / ∂ pixel [B·times, C, H, W] of points: `times` consecutive ones for each picture."""
        from captum.attr import Saliency

        context = tuple(part.repeat_interleave(times, dim=0) for part in self.context)
        found: Tensor = Saliency(self.score).attribute(
            x.detach().requires_grad_(), abs=False, additional_forward_args=context or None
        )
        return found


@dataclass(frozen=True, eq=False)
class Explained:
    """Maps of attributions.

    Attributes:
        maps: [B, H, W].
        settings: what the method really ran with.
        meaning: what a number of a map is, in words.
        is_complete: whether a map's sum should be the target's number minus the baseline's.
        parts: maps that it is made of, by name, each [B, H, W].
    """

    maps: Tensor
    settings: dict[str, float | int | str]
    meaning: str
    is_complete: bool = False
    parts: Mapping[str, Tensor] = field(default_factory=dict)


def _one_pass(settings: MethodSettings, size: tuple[int, int]) -> int:
    return 1


def _no_obstacle(trace: ModelTrace, target: Target, model: object) -> str | None:
    return None


@dataclass(frozen=True)
class Method:
    """One way to attribute.

    Attributes:
        name: as `attribute(method=…)` takes it.
        explain: makes the maps.
        compares: whether the picture is compared with a baseline.
        n_passes: forward passes for one picture (height, width).
        obstacle: why it cannot work on a model and a target, in words; None: it can.
    """

    name: str
    explain: Callable[[Problem], Explained]
    compares: bool = False
    n_passes: Callable[[MethodSettings, tuple[int, int]], int] = _one_pass
    obstacle: Callable[[ModelTrace, Target, object], str | None] = _no_obstacle


class ScoreModule(nn.Module):
    """A model with the score as its output, as captum wants it where it hangs hooks on modules."""

    def __init__(self, model: nn.Module, score: Score) -> None:
        super().__init__()
        self.model = model
        self.score = score

    def forward(self, x: Tensor, *context: Tensor) -> Tensor:
        """The score [B] of pictures [B, C, H, W]."""
        return self.score(x, *context)

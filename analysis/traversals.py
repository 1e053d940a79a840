"""Move one image along a direction and decode the whole path in one batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from analysis.directions import Direction
from xaae_core.errors import CaseError
from xaae_core.models.latent_model import Encoding, LatentModel
from xaae_core.models.signal_pictures import as_picture_model
from xaae_core.predictions import predict
from xaae_core.signal_form import SignalForm, signal_form_of


@dataclass(frozen=True, eq=False)
class Traversal:
    """A path through latent space and what is seen on it; arrays read-only.

    Attributes:
        steps: distance from the image along the direction [K], in standard deviations; one is 0.
        z: latent vectors [K, D].
        frames: decoded images [K, C, H, W], float32 in [0, 1]; of signals [K, 1, channels, samples], also beyond.
        probabilities: of each class [K, classes]; None without a classifier of classes.
        values: the number that a regressor predicts [K], in its target's units; None of other models.
        target: what "+" means.
        skip_dropout: share of the skips dropped, in [0, 1].
        seed: of the dropped channels.
        signal_form: what the signals look like; None of pictures.
    """

    steps: NDArray[np.float64]
    z: NDArray[np.float32]
    frames: NDArray[np.float32]
    probabilities: NDArray[np.float32] | None
    target: str
    skip_dropout: float
    seed: int
    values: NDArray[np.float64] | None = None
    signal_form: SignalForm | None = None

    def __post_init__(self) -> None:
        for name in ("steps", "z", "frames", "probabilities", "values"):
            if getattr(self, name) is not None:
                frozen = getattr(self, name).view()  # the caller's own array stays as it is
                frozen.setflags(write=False)
                object.__setattr__(self, name, frozen)

    @property
    def origin(self) -> int:
        """Index of the step 0."""
        return int(np.abs(self.steps).argmin())

    def change(self) -> NDArray[np.float32]:
        """What changed against the decoded original [K, C, H, W], in [−1, 1]."""
        return self.frames - self.frames[self.origin]

    def on_original(self, original: NDArray[Any]) -> NDArray[np.float32]:
        """The change added to the original picture [C, H, W] in [0, 1]: [K, C, H, W], clipped to [0, 1].

        Not a decode: the patient's own detail with the edit laid on it. Signals have no bounds and are not clipped.
        """
        edited: NDArray[np.float32] = np.asarray(original, dtype=np.float32) + self.change()
        return edited if self.signal_form is not None else np.clip(edited, 0, 1)

    def signals(self) -> NDArray[np.float32]:
        """The decoded signals in their channels' units [K, C, T].

        Raises:
            ValueError: this is a path of pictures.
        """
        if self.signal_form is None:
            raise ValueError("this is a path of pictures, which have no units; expected one of signals")
        return self.signal_form.in_units(self.frames[:, 0])

    def _repr_html_(self) -> str:
        from analysis.displays import show_traversal

        return show_traversal(self)

    def flip(self, index: int) -> float | None:
        """The step nearest to 0 where class `index` stops or starts being the most probable; None: nowhere.

        Interpolated linearly between the two steps around it, in standard deviations.
        """
        if self.probabilities is None or self.probabilities.shape[1] < 2:
            return None
        rest = np.delete(self.probabilities, index, axis=1).max(axis=1)
        margin = (self.probabilities[:, index] - rest).astype(np.float64)
        crossings = np.flatnonzero((margin[:-1] >= 0) != (margin[1:] >= 0))
        if len(crossings) == 0:
            return None
        share = margin[crossings] / (margin[crossings] - margin[crossings + 1])
        at = self.steps[crossings] + share * (self.steps[crossings + 1] - self.steps[crossings])
        return float(at[np.abs(at).argmin()])


def path_steps(span: float = 3.0, n_steps: int = 21) -> NDArray[np.float64]:
    """Evenly spaced steps [n_steps] from −span to +span in standard deviations, 0 in the middle.

    Raises:
        ValueError: an even number of steps (there would be no 0), fewer than 3, or a span that is not positive.
    """
    if n_steps < 3 or n_steps % 2 == 0:
        raise ValueError(f"n_steps is {n_steps}; expected an odd number of at least 3, so that 0 is one of them")
    if not 0 < span < np.inf:
        raise ValueError(f"span is {span}; expected a positive number of standard deviations")
    return np.linspace(-span, span, n_steps)


def encode_image(model: LatentModel, image: NDArray[Any] | Tensor) -> Encoding:
    """Encode one image [C, H, W] in [0, 1], or one signal [channels, samples], to an encoding of batch 1.

    Any array will do, read-only or mirrored by negative strides: torch, which shares memory, is given a copy.

    Raises:
        CaseError: NaN or infinite values, of which a model would make an encoding without a word.
    """
    model = as_picture_model(model)
    x = image.float() if isinstance(image, Tensor) else torch.from_numpy(np.array(image, np.float32, order="C"))
    if x.ndim == 2 and signal_form_of(model) is not None:
        x = x[None]  # [1, channels, samples]
    n_missing = x.numel() - int(torch.isfinite(x).sum())
    if n_missing:
        raise CaseError(
            f"{n_missing:,} of {x.numel():,} values of the case are NaN or infinite; expected finite numbers: "
            "fill the gaps, or take another case"
        )
    device = next((p.device for p in getattr(model, "parameters", lambda: iter(()))()), torch.device("cpu"))
    with torch.inference_mode():
        return model.encode(x.unsqueeze(0).to(device))


def traverse(
    model: LatentModel,
    encoding: Encoding,
    direction: Direction,
    *,
    steps: NDArray[Any] | None = None,
    skip_dropout: float = 1.0,
    seed: int = 0,
) -> Traversal:
    """Decode a path along a direction in one batch; the skips are those of the image at every step.

    Args:
        model: the model in eval mode.
        encoding: of one image, as `encode_image` gives.
        direction: where to go.
        steps: distances [K] in standard deviations, in rising order, 0 among them; `path_steps()` if None.
        skip_dropout: share of the skips dropped, in [0, 1]; the same channels at every step.
        seed: of the dropped channels.

    Raises:
        ValueError: more than one image, steps without 0, or a direction of another model.
    """
    model = as_picture_model(model)
    wanted = path_steps() if steps is None else np.array(steps, dtype=np.float64)
    if len(encoding.z) != 1:
        raise ValueError(f"the encoding holds {len(encoding.z)} images; a path starts from one")
    is_rising = wanted.ndim == 1 and bool(np.isfinite(wanted).all()) and bool((np.diff(wanted) > 0).all())
    if not is_rising or not np.any(np.abs(wanted) < 1e-9):
        raise ValueError(f"steps {wanted}: expected rising distances in standard deviations with 0 among them")
    if direction.vector.shape != encoding.z.shape[1:]:
        raise ValueError(
            f"the direction has {len(direction.vector)} dimensions, z has {encoding.z.shape[1]}: "
            "fit the direction on latents of this model"
        )
    z = direction.move(encoding.z[0].float().cpu().numpy(), wanted).astype(np.float32)
    moved = torch.from_numpy(z).to(encoding.z.device)
    with torch.inference_mode():
        frames = decode_path(model, moved, encoding, skip_dropout=skip_dropout, seed=seed)
    said = predict(model, moved)
    return Traversal(
        wanted,
        z,
        frames.float().cpu().numpy(),
        said.probabilities,
        direction.target,
        skip_dropout,
        seed,
        said.values,
        signal_form_of(model),
    )


def decode_path(model: LatentModel, z: Tensor, encoding: Encoding, *, skip_dropout: float, seed: int) -> Tensor:
    """Decode latent vectors [K, D] with the skips of one image, the same channels dropped at each."""
    generator = torch.Generator().manual_seed(seed)
    return model.decode(z, encoding.skips, skip_dropout=skip_dropout, generator=generator)

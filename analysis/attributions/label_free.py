"""Label-free feature importance under lfxai's names, for any encoder, any captum method, images and signals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from analysis.attributions.affine_heads import SplitEncoder
from analysis.attributions.label_free_paths import explain_path, path_rule
from analysis.attributions.recurrent_gradients import recurrent_gradients
from analysis.attributions.rewired_methods import attribute_with, rewired
from analysis.attributions.twins import twins_of
from xaae_core.errors import AttributionError
from xaae_core.models.latent_model import LatentModel
from xaae_core.models.signal_pictures import SignalPictures
from xaae_core.signal_form import signal_form_of

if TYPE_CHECKING:
    from captum.attr import Attribution as CaptumMethod

Encoder = Callable[[Tensor], Tensor]


class AuxiliaryFunction(nn.Module):
    """g(x̃) = Σ_d f_d(x) · f_d(x̃), f(x) held fixed.

    Args:
        black_box: the encoder f, from inputs [N, …] to representations [N, D].
        base_features: the explained inputs x [N, …].

    Attributes:
        prediction: f(x) [N, D], without a graph.

    Source: Crabbé & van der Schaar 2022, section 2.1; lfxai `AuxiliaryFunction`.
    """

    def __init__(self, black_box: nn.Module | Encoder, base_features: Tensor) -> None:
        super().__init__()
        self.black_box = black_box
        self.base_features = base_features
        with torch.no_grad():
            self.prediction = _represent(black_box, base_features)

    def forward(self, input_features: Tensor, prediction: Tensor | None = None) -> Tensor:
        """The function g [M] of inputs [M, …].

        Args:
            input_features: changed copies of the explained inputs.
            prediction: f(x) of the input that each is a copy of [M, D]. Given to captum as an additional argument it
                is repeated as the inputs are, which no length can tell: GradientShap keeps the copies of an input
                together, integrated gradients take all inputs again and again. None: the latter.

        Raises:
            ValueError: None, and a number of inputs that is no multiple of those explained.
        """
        if prediction is None:
            times, rest = divmod(len(input_features), len(self.prediction))
            if rest:
                raise ValueError(
                    f"{len(input_features)} inputs for {len(self.prediction)} explained ones; expected a multiple"
                )
            prediction = self.prediction.repeat(times, 1)
        return (prediction * _represent(self.black_box, input_features)).sum(dim=1)


def attribute_auxiliary(
    encoder: nn.Module | Encoder,
    data_loader: Iterable[Any],
    device: torch.device,
    attr_method: CaptumMethod,
    baseline: Tensor | nn.Module | None = None,
    *,
    options: Mapping[str, Any] | None = None,
) -> NDArray[Any]:
    """How important each feature is for the whole representation, without any label.

    As lfxai's function, save where that is wrong: with GradientShap each copy of an input meets the representation
    of its own input; methods without a baseline (not Saliency alone) are not given one as their target; and the
    encoder is explained in eval mode and left as it was, batch norm's statistics, too. `attr_method` is not changed.

    Args:
        encoder: from inputs [N, …] to representations [N, D]; or a model of signals (its z), whose inputs are
            [N, C, T], or [N, 1, C, T] where it is wrapped as one of pictures.
        data_loader: batches (inputs, …) or of inputs alone.
        device: where to compute; the encoder must be there.
        attr_method: any of captum's, made of any model: it explains the encoder.
        baseline: [1, …] or [N, …]; a module that makes it of the inputs; None: captum's zeros.
        options: more arguments of `attr_method.attribute`, such as `n_steps`.

    Returns:
        Attributions of the inputs' shape, all batches one after the other.

    Raises:
        AttributionError: no batch, or an encoder that does not return one tensor.

    Source: Crabbé & van der Schaar 2022, definition 2.1; lfxai `attribute_auxiliary`.
    """
    twin, method = twins_of(_encoder_of(encoder), attr_method)
    options = {**_window_along_time(encoder, attr_method), **(options or {})} or options
    rule = path_rule(attr_method, options)
    split: SplitEncoder | None = None
    found = []
    with _computing(device, twin, method):
        for inputs in _inputs_of(data_loader, device):
            nothing = _baseline_of(baseline, inputs)
            if rule is not None:
                own = _represent(twin, inputs).detach()
                split = split or _split(twin, inputs)
                made = explain_path(split, inputs, nothing, rule, [own.__getitem__])[:, 0]
            else:
                auxiliary = AuxiliaryFunction(twin, inputs)
                context = {"additional_forward_args": (auxiliary.prediction,)}
                made = attribute_with(rewired(method, auxiliary), inputs, nothing, {**context, **(options or {})})
            found.append(made.detach().cpu().numpy())
    return _joined(found)


def attribute_individual_dim(
    encoder: nn.Module | Encoder,
    dim_latent: int,
    data_loader: Iterable[Any],
    device: torch.device,
    attr_method: CaptumMethod,
    baseline: Tensor | nn.Module | None,
    *,
    options: Mapping[str, Any] | None = None,
) -> NDArray[Any]:
    """How important each feature is for each latent dimension: |f_d(x) · attribution of f_d|.

    As lfxai's function, and also for methods without a baseline, several channels and signals. Integrated gradients,
    Saliency and InputXGradient explain all dimensions along one path, whose forward passes they share.

    Args:
        encoder: as for `attribute_auxiliary`; weighs the attributions.
        dim_latent: D.
        data_loader: batches (inputs, …) or of inputs alone.
        device: where to compute.
        attr_method: any of captum's; it explains the function that it was made of, in eval mode.
        baseline: as for `attribute_auxiliary`.
        options: more arguments of `attr_method.attribute`.

    Returns:
        [N, D, H, W] for images [N, C, H, W], whose channels are summed before the size is taken; [N, D, …] for any
        other inputs [N, …], so [N, D, T, C] for signals [N, T, C] and [N, D, C, T] for [N, C, T].

    Raises:
        AttributionError: no batch, an encoder of another number of dimensions, or none that returns one tensor.

    Source: Crabbé & van der Schaar 2022, section 4.3; lfxai `attribute_individual_dim`.
    """
    twin, method = twins_of(_encoder_of(encoder), attr_method)
    options = {**_window_along_time(encoder, attr_method), **(options or {})} or options
    rule = path_rule(attr_method, options)
    split: SplitEncoder | None = None
    found = []
    with _computing(device, twin, method):
        for inputs in _inputs_of(data_loader, device):
            latents = _represent(twin, inputs).detach()
            if latents.shape[1] != dim_latent:
                raise AttributionError(
                    f"the encoder gives {latents.shape[1]} dimensions, dim_latent is {dim_latent}: expected the same"
                )
            nothing = _baseline_of(baseline, inputs)
            if rule is not None:
                split = split or _split(method.forward_func, inputs)
                units = torch.eye(dim_latent).to(inputs).unsqueeze(1).expand(-1, len(inputs), -1)  # [D, N, D]
                made = explain_path(split, inputs, nothing, rule, [unit.__getitem__ for unit in units])
            else:
                made = _one_by_one(method, inputs, nothing, dim_latent, options or {})
            made = made.sum(dim=2) if inputs.ndim == 4 else made  # [N, D, …]
            weight = latents.view(*latents.shape, *[1] * (made.ndim - 2))
            found.append((weight * made).abs().detach().cpu().numpy())
    return _joined(found)


def _one_by_one(
    method: Any, inputs: Tensor, baseline: Tensor | None, n_dims: int, options: Mapping[str, Any]
) -> Tensor:
    """Attributions [N, D, …] by captum, one dimension after the other."""
    each = [attribute_with(method, inputs, baseline, {**options, "target": dim}).detach() for dim in range(n_dims)]
    return torch.stack(each, dim=1)


class SignalEncoder(nn.Module):
    """The z of a model of signals, as an encoder.

    Args:
        model: the model, for signals [N, C, T]; wrapped as one of pictures, for [N, 1, C, T].
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        """Z [N, D] of signals."""
        return cast(LatentModel, self.model).encode(x).z


def _encoder_of(encoder: Any) -> Any:
    return encoder if signal_form_of(encoder) is None else SignalEncoder(encoder)


def _window_along_time(encoder: Any, method: Any) -> dict[str, Any]:
    """The window that occlusion slides along time, one channel after the other; {} for whatever else."""
    from captum.attr import Occlusion

    form = signal_form_of(encoder)
    if form is None or not isinstance(method, Occlusion):
        return {}
    width = max(1, round(form.length / 12))
    one = (1, 1) if isinstance(encoder, SignalPictures) else (1,)
    return {"sliding_window_shapes": (*one, width), "strides": (*one, max(1, width // 2))}


def _split(function: Any, inputs: Tensor) -> SplitEncoder:
    return SplitEncoder(lambda x: _represent(function, x), function, inputs)


def _represent(encoder: Encoder, inputs: Tensor) -> Tensor:
    """[N, D], whatever the representation's own shape."""
    found = encoder(inputs)
    if not isinstance(found, Tensor):
        raise AttributionError(
            f"the encoder returns a {type(found).__name__}; expected one tensor: of several, give a function or "
            "method that returns the one to be explained, such as encoder.mu"
        )
    return found.flatten(1)


def _inputs_of(data_loader: Iterable[Any], device: torch.device) -> Iterator[Tensor]:
    for batch in data_loader:
        inputs = batch[0] if isinstance(batch, list | tuple) else batch
        yield cast(Tensor, inputs).to(device)


def _baseline_of(baseline: Tensor | nn.Module | None, inputs: Tensor) -> Tensor | None:
    if isinstance(baseline, nn.Module):
        with torch.no_grad():
            return cast(Tensor, baseline(inputs)).to(inputs.device)
    return None if baseline is None else baseline.to(inputs.device)


@contextmanager
def _computing(device: torch.device, *objects: object) -> Iterator[None]:
    """Gradients on, whatever the caller's mode."""
    with torch.inference_mode(False), torch.enable_grad(), recurrent_gradients(device, *objects):
        yield


def _joined(found: list[NDArray[Any]]) -> NDArray[Any]:
    if not found:
        raise AttributionError("the data loader gave no batch: there is nothing to explain")
    return np.concatenate(found)

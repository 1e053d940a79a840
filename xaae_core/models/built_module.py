"""What `AE` and `VAE` share: `build`, which sees an example first, and outputs that print as shapes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn

from xaae_core.errors import AutoencoderError


@dataclass(frozen=True, eq=False, repr=False)
class ModelOutput:
    """Base of what the models return; it prints the shapes of its tensors instead of their values."""

    def __repr__(self) -> str:
        """The name and the entries; a tensor as its shape and type."""
        entries = ((entry.name, getattr(self, entry.name)) for entry in fields(self))
        told = (f"{name}={_shown(value)}" for name, value in entries)
        return f"{type(self).__name__}({', '.join(told)})"


class BuiltAutoencoder(nn.Module):
    """A user's encoder and decoder that must see an example before they are used.

    Attributes:
        encoder: the encoder.
        decoder: the decoder.
        input_shape: shape of one case, such as (C, H, W); None before `build`.
        latent_shape: shape of one z; None before `build`.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.input_shape: tuple[int, ...] | None = None
        self.latent_shape: tuple[int, ...] | None = None

    def build(self, input_sample: Tensor) -> None:
        """Pass an example through once: lazy layers get their sizes, and parts that do not fit are named.

        The pass is in eval mode and leaves no trace (pyautoencoder 1.x built in the mode of the moment, which moved
        the running means of batch norm); the modes are as before afterwards.

        Args:
            input_sample: cases [B, …] as they will be trained on; only their shape matters.

        Raises:
            AutoencoderError: no batch of cases, an encoder or decoder that does not take what it is given, or a
                reconstruction that has another shape than a case.
        """
        if input_sample.ndim < 2 or not len(input_sample):
            raise AutoencoderError(
                f"the example has the shape {tuple(input_sample.shape)}; expected a batch [B, …] of at least one case: "
                "for a single one pass sample.unsqueeze(0)"
            )
        with _in_eval_mode(self), torch.no_grad():
            z = self._codes(input_sample)  # [B, …]
            case, code = tuple(input_sample.shape[1:]), tuple(z.shape[1:])
            if len(z) != len(input_sample) or 0 in code or not code:
                raise AutoencoderError(
                    f"the encoder makes z {tuple(z.shape)} of {tuple(input_sample.shape)}; expected one z of at least "
                    f"one dimension for each of the {len(input_sample)} cases"
                )
            x_hat = run_part("decoder", self.decoder, z)
        if tuple(x_hat.shape) != tuple(input_sample.shape):
            raise AutoencoderError(
                f"the encoder makes z {tuple(z.shape)} of {tuple(input_sample.shape)}, but the decoder makes "
                f"{tuple(x_hat.shape)} of it; expected {tuple(input_sample.shape)}: change the decoder's last layers"
            )
        self.input_shape, self.latent_shape = case, code

    def require_built(self) -> None:
        """Raise AutoencoderError before `build`."""
        if self.input_shape is None:
            raise AutoencoderError(
                f"this {type(self).__name__} has not seen an example yet: call model.build(sample) with a batch [B, …] "
                "first"
            )

    def _codes(self, x: Tensor) -> Tensor:
        """A z [B, …] that the decoder is tried with."""
        return run_part("encoder", self.encoder, x)

    def _encoded(self, x: Tensor) -> Tensor:
        """The encoder's output; a case of another shape than the example's is named where the encoder fails on it."""
        self.require_built()
        return run_part("encoder", self.encoder, x, self.input_shape)


def run_part(name: str, part: nn.Module, x: Tensor, expected: tuple[int, ...] | None = None) -> Tensor:
    """What a part makes of a batch.

    Args:
        name: what the message calls the part.
        part: the module.
        x: the batch [B, …].
        expected: shape of a case that it is known to take, if that is known.

    Raises:
        AutoencoderError: the part fails on this shape, or does not return a tensor.
    """
    try:
        made = part(x)
    except (RuntimeError, ValueError, IndexError) as error:
        if expected is not None and tuple(x.shape[1:]) == expected:
            raise  # the shape is not to blame
        wanted = "" if expected is None else f"; the model was built for [B, {', '.join(map(str, expected))}]"
        raise AutoencoderError(
            f"the {name} does not take a batch of shape {tuple(x.shape)}{wanted}: {str(error).splitlines()[0]}"
        ) from error
    if not isinstance(made, Tensor):
        raise AutoencoderError(f"the {name} returns a {type(made).__name__}; expected a tensor")
    return made


@contextmanager
def _in_eval_mode(module: nn.Module) -> Iterator[None]:
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        yield
    finally:
        for part, is_training in modes.items():
            part.training = is_training


def _shown(value: object) -> str:
    return f"Tensor({tuple(value.shape)}, {value.dtype})" if isinstance(value, Tensor) else repr(value)

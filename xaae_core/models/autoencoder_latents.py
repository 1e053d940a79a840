"""`AE`, `VAE` and `AdaGVAE` as a `LatentModel` that trains by epochs and has checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from xaae_core.errors import AutoencoderError
from xaae_core.models.adagvae import AdaGVAE
from xaae_core.models.autoencoder import AE
from xaae_core.models.autoencoder_loss import LikelihoodType, LossResult, parse_likelihood, require_data
from xaae_core.models.epoch_training import EpochTraining, Loader
from xaae_core.models.image_latents import ImageLatents
from xaae_core.models.vae import VAE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xaae_core.training.epoch_fit import FitHistory, OnEpoch
    from xaae_core.training.progress import OnBatch


class AutoencoderLatents(ImageLatents, EpochTraining):
    """A built `AE`, `VAE` or `AdaGVAE` of pictures, for the pages, analyses and checkpoints of this tool.

    The model's own `encode` and `decode` return pyautoencoder's output classes and follow the mode; here `encode` gives
    an `Encoding` of z [B, D], of a variational model the mean whatever the mode, and `decode` gives pictures in [0, 1],
    both with gradients. A z of more than one axis is flattened.

    Args:
        model: the model; its weights are this one's.
        likelihood: what it is trained with. Of "bernoulli" the output's sigmoid is the picture; of "gaussian" the
            output itself, cut to [0, 1], outside of which no gradient flows.
        beta: weight of the KL divergence in `fit`; an `AE` has none.
        name: stem of its files.
        network: what `xaae_core.models.picture_networks.build_autoencoder` made the model with; None: a user's own.

    Raises:
        AutoencoderError: a model that is not built, or not of pictures [B, C, H, W].
    """

    def __init__(
        self,
        model: AE | VAE | AdaGVAE,
        likelihood: str | LikelihoodType = LikelihoodType.GAUSSIAN,
        *,
        beta: float = 1.0,
        name: str = "model",
        network: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(name)
        self.model = model
        self.likelihood = parse_likelihood(likelihood)
        self.beta = float(beta)
        self._network = network
        core = self._core
        core.require_built()
        shape, code = core.input_shape or (), core.latent_shape or ()
        self._take_sizes(shape)
        self.encoding_dims = torch.Size(code).numel()
        self._latent_shape = code

    def _take_sizes(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 3:
            raise AutoencoderError(
                f"the model was built for cases of shape {shape}; the pages show pictures (C, H, W): build it with a "
                "batch [B, C, H, W]; of signals pass their form, as_latent_model(likelihood, form=form)"
            )
        self.input_channels, self.input_size = shape[0], (shape[1], shape[2])

    @property
    def _core(self) -> AE | VAE:
        return self.model.vae if isinstance(self.model, AdaGVAE) else self.model

    @property
    def arguments(self) -> dict[str, Any]:
        """See `EpochTraining.arguments`; empty with a user's own encoder and decoder."""
        if self._network is None:
            return {}
        return {**self._network, "likelihood": str(self.likelihood), "beta": self.beta}

    @property
    def metadata(self) -> dict[str, Any]:
        """See `EpochTraining.metadata`."""
        core = self._core
        return {
            "name": self.name,
            "kind": type(self.model).__name__,
            "input_shape": list(core.input_shape or ()),
            "latent_dim": self.encoding_dims,
            "likelihood": str(self.likelihood),
            "beta": self.beta,
        }

    def mean_latents(self, x: Tensor) -> Tensor:
        """See `ImageLatents.mean_latents`."""
        core = self._core
        # Of an AE by its encoder itself: its `encode` has no gradients, and its pass would decode as well.
        z: Tensor = core.posterior(x)[0] if isinstance(core, VAE) else core.encoder(x)
        return z.flatten(1)

    @property
    def has_prior(self) -> bool:  # type: ignore[override]  # whether it does depends on what is inside
        """Whether the model is variational."""
        return isinstance(self._core, VAE)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z|x), each [B, D], of pictures [B, C, H, W].

        Raises:
            AutoencoderError: an `AE`, which has none.
        """
        core = self._core
        if not isinstance(core, VAE):
            raise AutoencoderError("an AE encodes to points z and has no q(z|x): use encode, or open a VAE")
        return core.posterior(x)

    def decode(
        self,
        z: Tensor,
        skips: Sequence[Tensor] = (),
        *,
        skip_dropout: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """See `ImageLatents.decode`, and the class for how an output becomes a picture."""
        made: Tensor = self._core.decoder(z.reshape(-1, *self._latent_shape))
        return made.sigmoid() if self.likelihood is LikelihoodType.BERNOULLI else made.clamp(0, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Reconstructions [B, C, H, W] in [0, 1] of pictures [B, C, H, W]; the model's own pass is `model.model(x)`."""
        return self.decode(self.encode(x).z)

    def compute_loss(self, x: Any) -> LossResult:
        """The model's own loss of a batch, or of pairs of an `AdaGVAE`, with the likelihood and β of this one.

        Raises:
            AutoencoderError: see the model's `compute_loss`.
        """
        output = self.model(x)
        if isinstance(self.model, AE):
            return self.model.compute_loss(x, output, self.likelihood)
        return self.model.compute_loss(x, output, self.beta, self.likelihood)

    def require_inputs(self, inputs: Tensor, name: str = "a batch") -> None:
        """See `EpochTraining.require_inputs`."""
        require_data(inputs, self.likelihood, name)

    def batch_losses(self, inputs: Tensor, labels: Any, n_data: int) -> dict[str, Tensor]:
        """See `EpochTraining.batch_losses`; an `AdaGVAE` takes pairs [B, 2, C, H, W].

        Raises:
            AutoencoderError: inputs of an `AdaGVAE` that are no pairs, or as `compute_loss`.
        """
        if isinstance(self.model, AdaGVAE):
            case = self._core.input_shape or ()
            if inputs.ndim != len(case) + 2 or inputs.shape[1] != 2:
                raise AutoencoderError(
                    f"an AdaGVAE trains on pairs [B, 2, {', '.join(map(str, case))}], not on {tuple(inputs.shape)}: "
                    "let the data set give torch.stack((x1, x2))"
                )
            result = self.compute_loss((inputs[:, 0], inputs[:, 1]))
        else:
            result = self.compute_loss(inputs)
        return {"loss": result.objective, **{n: v for n, v in result.tensors.items() if n != "loss"}}

    def fit(
        self,
        device: torch.device | str,
        train_loader: Loader,
        test_loader: Loader,
        save_dir: Path | str | None = None,
        n_epoch: int = 30,
        patience: int = 10,
        checkpoint_interval: int = -1,
        *,
        seed: int = 0,
        resume: bool = True,
        on_epoch: OnEpoch | None = None,
        on_batch: OnBatch | None = None,
    ) -> FitHistory:
        """Train; see `xaae_core.training.epoch_fit`, `fit_epochs` and `FitSettings`."""
        return self.run_epochs(
            device,
            train_loader,
            test_loader,
            save_dir,
            on_epoch,
            on_batch,
            n_epoch=n_epoch,
            patience=patience,
            checkpoint_interval=checkpoint_interval,
            seed=seed,
            resume=resume,
        )

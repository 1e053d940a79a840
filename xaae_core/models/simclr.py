"""SimCLR as lfxai has it: a ResNet for small pictures, trained without labels by contrasting pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaae_core.models.epoch_training import EpochTraining
from xaae_core.models.image_latents import ImageLatents, WithoutDecoder

if TYPE_CHECKING:
    from xaae_core.training.contrastive_fit import ContrastiveHistory
    from xaae_core.training.epoch_fit import OnEpoch

_HIDDEN = 2048
_SELF = 1e5
BASE_ENCODERS = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
"""The networks that a checkpoint may name."""


class SimCLR(WithoutDecoder, ImageLatents, EpochTraining):
    """A ResNet with a stem for small pictures, and a projection that is trained to bring views of a picture together.

    Weights of lfxai's fit. Nothing is downloaded: lfxai's asks for ImageNet's weights, and then replaces the first
    layer, whose output they need.

    Args:
        base_encoder: makes the network: torchvision's `resnet18` or the like, called without arguments.
        projection_dim: size of the projection.
        name: stem of its files.
        input_size: (height, width) that `encode` takes.

    Attributes:
        feature_dim: size D of the representation z.

    Raises:
        ValueError: a network without the `conv1`, `maxpool` and `fc` of a ResNet, or a projection of no dimension.

    Source: `lfxai.models.images.SimCLR`; Chen et al. 2020, "A simple framework for contrastive learning of visual
    representations", appendix B.9.
    """

    input_channels = 3

    def __init__(
        self,
        base_encoder: Callable[[], nn.Module],
        projection_dim: int = 128,
        *,
        name: str = "simclr",
        input_size: tuple[int, int] = (32, 32),
    ) -> None:
        super().__init__(name)
        if projection_dim < 1:
            raise ValueError(f"projection_dim is {projection_dim}; expected at least 1")
        network = cast(Any, base_encoder())
        if not all(hasattr(network, part) for part in ("conv1", "maxpool", "fc")):
            raise ValueError(
                f"a {type(network).__name__} has not the conv1, maxpool and fc of a ResNet; give one of torchvision's, "
                f"such as {', '.join(BASE_ENCODERS[:3])}"
            )
        self.feature_dim = self.encoding_dims = int(network.fc.in_features)
        network.conv1 = nn.Conv2d(3, network.conv1.out_channels, 3, padding=1, bias=False)
        network.maxpool = nn.Identity()
        network.fc = nn.Identity()
        self.encoder = network
        self.projection_dim = projection_dim
        self.projector = nn.Sequential(
            nn.Linear(self.feature_dim, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, projection_dim)
        )
        self.input_size = (int(input_size[0]), int(input_size[1]))
        self.base_name = getattr(base_encoder, "__name__", "")

    @property
    def arguments(self) -> dict[str, Any]:
        """See `EpochTraining.arguments`; empty with another network than torchvision's."""
        if self.base_name not in BASE_ENCODERS:
            return {}
        size = list(self.input_size)
        return {"base_encoder": self.base_name, "projection_dim": self.projection_dim, "input_size": size}

    def batch_losses(self, inputs: Tensor, labels: Any, n_data: int) -> dict[str, Tensor]:
        """See `EpochTraining.batch_losses`: `nt_xent` of two views of each picture [B, 2, 3, H, W]."""
        _, projections = self(inputs.flatten(0, 1))  # views of a picture side by side
        return {"loss": self.nt_xent(projections)}

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Representations [B, D] and their projections [B, P] of pictures [B, 3, H, W] in [0, 1]."""
        features = self.encoder(x)
        return features, self.projector(features)

    @staticmethod
    def nt_xent(x: Tensor, t: float = 0.5, *, floor: float | None = 1e-7) -> Tensor:
        """Normalised temperature-scaled cross-entropy of projections [2 N, P], a scalar.

        Rows 2 k and 2 k + 1 are views of one picture; each has to tell the other from all.

        Args:
            x: the projections.
            t: temperature, above 0.
            floor: cosines below it count as this, as in lfxai; None: as they are, as in the paper.

        Raises:
            ValueError: an odd number of rows.

        Source: Chen et al. 2020, equation 1.
        """
        if len(x) % 2:
            raise ValueError(f"{len(x)} projections; expected pairs: two views of each picture, one after the other")
        unit = F.normalize(x, dim=1)
        cosines = unit @ unit.T
        cosines = cosines if floor is None else cosines.clamp(min=floor)
        n_rows = len(x)
        itself = torch.eye(n_rows, dtype=x.dtype, device=x.device)
        partners = torch.arange(n_rows, device=x.device) ^ 1  # 0 ↔ 1, 2 ↔ 3, …
        return F.cross_entropy(cosines / t - _SELF * itself, partners)

    @staticmethod
    def get_lr(step: int, total_steps: int, lr_max: float, lr_min: float) -> float:
        """Learning rate that falls from `lr_max` at step 0 to `lr_min` at step `total_steps` along half a cosine."""
        return lr_min + (lr_max - lr_min) * 0.5 * (1 + math.cos(math.pi * step / total_steps))

    @staticmethod
    def get_color_distortion(s: float = 0.5) -> Any:
        """A transform of pictures that changes their colours at random, and makes a fifth of them grey.

        Args:
            s: its strength; 0.5 for pictures as small as CIFAR's.

        Source: Chen et al. 2020, appendix A.
        """
        from torchvision import transforms

        jitter = transforms.ColorJitter(0.8 * s, 0.8 * s, 0.8 * s, 0.2 * s)
        return transforms.Compose([transforms.RandomApply([jitter], p=0.8), transforms.RandomGrayscale(p=0.2)])

    def fit(
        self,
        args: Mapping[str, Any] | Any,
        device: torch.device | str,
        *,
        images: Any = None,
        save_dir: Path | str | None = None,
        seed: int = 0,
        resume: bool = True,
        on_epoch: OnEpoch | None = None,
    ) -> ContrastiveHistory:
        """Train without labels; see `xaae_core.training.contrastive_fit.fit_contrastive`.

        Args:
            args: settings by name, in a mapping or as attributes (Hydra's, argparse's); see `ContrastiveSettings`.
            device: where to train.
            images: a data set of pictures, or of (picture, label); the CIFAR-10 of `args.data_dir` if None, which is
                not downloaded.
            save_dir: folder of the weights; "models" in the working directory if None, as lfxai's.
            seed: of all that is drawn.
            resume: take up a training that was interrupted in the same folder.
            on_epoch: told of each epoch that has ended.
        """
        from xaae_core.training.contrastive_fit import ContrastiveSettings, fit_contrastive

        return fit_contrastive(
            self,
            ContrastiveSettings.from_args(args),
            device,
            images=images,
            save_dir=Path("models") if save_dir is None else Path(save_dir),
            seed=seed,
            resume=resume,
            on_epoch=on_epoch,
        )


def draw_view_of_size(size: tuple[int, int]) -> Any:
    """A transform that makes a random view of a picture [3, H, W]: a part of it, mirrored or not, in other colours.

    Args:
        size: (height, width) of the view.

    Source: Chen et al. 2020, appendix A, without the blur, as lfxai.
    """
    from torchvision import transforms

    return transforms.Compose(
        [
            transforms.RandomResizedCrop(size, antialias=True),
            transforms.RandomHorizontalFlip(p=0.5),
            SimCLR.get_color_distortion(s=0.5),
        ]
    )

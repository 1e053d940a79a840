"""Small folders of generated pictures, and a model that nobody trained, for tests of the commands."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from xaae_core.checkpoints import save_checkpoint
from xaae_core.model_card import card_for
from xaae_core.models import add_xaae_blocks, build_encoder

SIDE = 48
FEW_PIXELS = {
    name: {"dpi": 72}
    for name in ("attribute", "examples", "labels", "localise", "project", "report", "sample", "traverse")
}
"""For `default_map` of the commands where no test looks at a figure's resolution: small figures are drawn sooner."""


def write_pictures(folder: Path, *, per_class: int = 8, classes: tuple[str, ...] = ("bright", "dark")) -> Path:
    """One subfolder a class; a noisy square whose brightness is the class."""
    rng = np.random.default_rng(0)
    for level, name in enumerate(sorted(classes)):
        (folder / name).mkdir(parents=True)
        for number in range(per_class):
            pixels = rng.integers(0, 60, size=(SIDE, SIDE)).astype(np.uint8)
            pixels[12:36, 12:36] += np.uint8(190 - 180 * level // max(1, len(classes) - 1))
            Image.fromarray(pixels).save(folder / name / f"{number:02d}.png")
    return folder


def write_model(path: Path, *, classes: tuple[str, ...] = ("bright", "dark"), channels: int = 1, seed: int = 0) -> Path:
    """A tiny model with seeded random weights, as a checkpoint."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = add_xaae_blocks(
            build_encoder("small:8-16", channels),
            input_size=SIDE,
            input_channels=channels,
            encoding_dims=4,
            classes=len(classes),
            decoder="light",
            recons_metric="ssim",
            encoder_spec="small:8-16",
        )
        for block in model.decoder.blocks:
            torch.nn.init.normal_(block.conv_skip.weight)  # starts at zero: a skip that adds nothing
    return save_checkpoint(model, path, card_for(model, name="untrained", classes=classes))

"""What the benchmarks work on: one model, one picture, one direction, and one step the plain way."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from analysis.directions import Direction
from analysis.traversals import encode_image
from xaae_core.checkpoints import load_checkpoint
from xaae_core.demo import demo_checkpoint
from xaae_core.models import AAE, add_xaae_blocks, build_encoder
from xaae_core.models.aae import XaaeBlocks
from xaae_core.models.latent_model import Encoding

CHECKPOINT = "XAAE_CHECKPOINT"
"""Environment variable that names another checkpoint than the demo's, as for the app."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A picture of which a path is asked.

    Attributes:
        name: of the model.
        model: in eval mode, on the CPU.
        image: [C, H, W] in [0, 1].
        direction: some direction; what a step costs does not depend on it.
    """

    name: str
    model: XaaeBlocks
    image: NDArray[np.float32]
    direction: Direction


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a path, as a page without cached skips would make it.

    Attributes:
        frame: [C, H, W] in [0, 1].
        probabilities: [classes].
    """

    frame: NDArray[np.float32]
    probabilities: NDArray[np.float32]


def full_pass(subject: Subject, step: float, *, skip_dropout: float) -> Step:
    """One full forward pass for one step: encode the picture, move z, classify, decode."""
    return single_step(subject, encode_image(subject.model, subject.image), step, skip_dropout=skip_dropout)


def single_step(subject: Subject, encoding: Encoding, step: float, *, skip_dropout: float = 1.0) -> Step:
    """One step of an encoded picture: move z, classify, decode one frame."""
    moved = subject.direction.move(encoding.z[0].numpy(), np.array([step])).astype(np.float32)
    with torch.inference_mode():
        z = torch.from_numpy(moved)
        frame = subject.model.decode(z, encoding.skips, skip_dropout=skip_dropout)
        probabilities = subject.model.classify(z).softmax(dim=1)
    return Step(frame[0].numpy(), probabilities[0].numpy())


def checkpoint_path() -> Path:
    """The checkpoint that the benchmarks open: XAAE_CHECKPOINT, else the demo's."""
    return Path(os.environ.get(CHECKPOINT) or demo_checkpoint())


def demo_subject() -> Subject:
    """The demo's model; while there is no bundle, one of its shape with random weights, which costs the same."""
    path = checkpoint_path()
    if path.is_file():
        opened = load_checkpoint(path)
        assert isinstance(opened.model, XaaeBlocks)
        return subject_of(opened.model, opened.card.name)
    return replace(small_subject(), name="small model, random weights")


def small_subject(*, side: int = 192) -> Subject:
    """A model of the demo's shape with random weights."""
    torch.manual_seed(0)
    encoder = build_encoder("small", 1)
    return subject_of(add_xaae_blocks(encoder, side, 1, 32, 2, decoder="light"), "small model")


def reference_subject() -> Subject:
    """The reference's default model, AAE() at 256 pixels, with random weights."""
    torch.manual_seed(0)
    return subject_of(AAE(pretrained=False), "AAE() at 256 px")


def subject_of(model: XaaeBlocks, name: str) -> Subject:
    """A model with a picture and a direction drawn at random, always the same."""
    rng = np.random.default_rng(0)
    image = rng.random((model.input_channels, *model.input_size), dtype=np.float32)
    vector = rng.standard_normal(model.encoding_dims)
    nothing = np.zeros(model.encoding_dims)
    direction = Direction(
        vector=vector / np.linalg.norm(vector), centre=nothing, scale=1.0, method="random", target="target",
        counterpart="the rest", quality_name="AUROC", quality=np.nan, quality_interval=(np.nan, np.nan),
        held_out=np.nan, cone_degrees=np.nan, n_cases=0,
    )  # fmt: skip
    return Subject(name, model.eval(), image, direction)

"""What a gallery is trained and measured on: cases in three parts, in every size that a model asks for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from analysis.experiments.datasets import ExperimentData, balanced_rows, read_data, resize, split_rows
from xaae_core.errors import DatasetError

if TYPE_CHECKING:
    from xaae_core.signal_form import SignalForm

Part = Literal["train", "valid", "test"]
PARTS: tuple[Part, ...] = ("train", "valid", "test")
_VALID_SHARE = 0.1
_TEST_SHARE = 0.2
_BEAT_MARGIN = 0.05
"""Room above and below the training beats, as a share of their range, so that others stay within [0, 1]."""


@dataclass(frozen=True, eq=False)
class GalleryCases:
    """Cases to train on (train), to choose the best weights by (valid) and to measure (test).

    Attributes:
        name: of the data, for people.
        classes: names by number.
        x: all cases at the size that they have: float32 [N, C, H, W] or [N, C, T], in [0, 1].
        y: class numbers [N].
        part: "train", "valid" or "test" of each [N].
        sha256: of what was read or drawn.
        notes: what a reader must know of it.
        form: what the signals look like; None for pictures.
        factors: levels of the known factors [N, K]; None where none are known.
        factor_names: their names.
        unordered: names of those without an order.
        draw: draws the cases anew at a side; None: they are resized.
    """

    name: str
    classes: tuple[str, ...]
    x: Tensor
    y: NDArray[np.int64]
    part: NDArray[np.str_]
    sha256: str
    notes: tuple[str, ...] = ()
    form: SignalForm | None = None
    factors: NDArray[np.int64] | None = None
    factor_names: tuple[str, ...] = ()
    unordered: tuple[str, ...] = ()
    draw: Callable[[int], Tensor] | None = field(default=None, repr=False)

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.x.shape[1])

    @property
    def size(self) -> tuple[int, ...]:
        """(height, width) of pictures, (samples,) of signals."""
        return tuple(self.x.shape[2:])

    def rows(self, part: Part) -> NDArray[np.int64]:
        """Rows of one part."""
        return np.flatnonzero(self.part == part)

    def of(self, part: Part) -> tuple[Tensor, NDArray[np.int64]]:
        """Cases and classes of one part."""
        rows = self.rows(part)
        return self.x[rows], self.y[rows]

    def sized(self, side: int) -> GalleryCases:
        """The same pictures with another number of pixels on a side."""
        if self.size == (side, side):
            return self
        return replace(self, x=resize(self.x, side) if self.draw is None else self.draw(side))

    def describe(self) -> str:
        """One line: what, how many, in which parts."""
        size = " × ".join(str(side) for side in self.size)
        kind = "signals" if self.form is not None else "pictures"
        counts = " / ".join(f"{len(self.rows(part)):,} {part}" for part in PARTS)
        return f"{len(self.x):,} {kind} of {size}, {len(self.classes)} classes; {counts}"


def read_cases(source: str | Path, *, n_train: int, n_test: int, seed: int = 0) -> GalleryCases:
    """MNIST or ECG5000 from an .npz file, "digits" (scikit-learn's) or "factors" (sprites, whose factors are known).

    Args:
        source: the file or the word.
        n_train: cases to train on and to choose weights by, at most; of each class as many.
        n_test: cases to measure, at most.
        seed: of every choice.

    Raises:
        DatasetError: no such file, one that holds neither, or fewer cases asked for than there are classes.
    """
    if str(source) == "factors":
        return _sprites(n_train, n_test, seed)
    found = read_data(source, seed=seed)
    train = _chosen(found.y_train, n_train, seed, is_balanced=found.kind == "images")
    test = _chosen(found.y_test, n_test, seed, is_balanced=found.kind == "images")
    x = torch.cat((found.x_train[train], found.x_test[test]))
    y = np.concatenate((found.y_train[train], found.y_test[test]))
    part = _parts(found.y_train[train], len(test), seed)
    notes: tuple[str, ...] = (found.note,) if found.note else ()
    if found.kind == "images":
        side = x.shape[-1]
        notes += (f"models that take other sizes get the pictures resized from {side} × {side} pixels",)
        return GalleryCases(found.name, found.classes, x, y, part, found.sha256, notes)
    return _signals(found, x, y, part, notes)


def _chosen(labels: NDArray[np.int64], n: int, seed: int, *, is_balanced: bool) -> NDArray[np.int64]:
    """At most `n` rows: of each class as many, or as they come where their shares are the data's point."""
    if is_balanced or n >= len(labels):
        return balanced_rows(labels, n, seed)
    return np.sort(np.random.default_rng(seed).permutation(len(labels))[:n])


def _parts(labels: NDArray[np.int64], n_test: int, seed: int) -> NDArray[np.str_]:
    """Parts of cases of which those with labels come first."""
    _, valid = split_rows(labels, _VALID_SHARE, seed + 1)
    part = np.array(["train"] * len(labels) + ["test"] * n_test)
    part[valid] = "valid"
    return part


def _signals(
    found: ExperimentData, x: Tensor, y: NDArray[np.int64], part: NDArray[np.str_], notes: tuple[str, ...]
) -> GalleryCases:
    """Beats [N, T, 1] as a model of signals takes them [N, 1, T], scaled by the training beats' range."""
    from xaae_core.signal_form import SignalForm

    values = x.transpose(1, 2).numpy()  # [N, 1, T]
    seen = values[part == "train"]
    low, high = float(seen.min()), float(seen.max())
    room = _BEAT_MARGIN * (high - low)
    form = SignalForm(
        length=values.shape[2],
        sampling_rate=float(values.shape[2]),
        channel_names=("ECG",),
        units=("SD",),
        low=(low - room,),
        high=(high + room,),
    )
    notes += (
        f"each beat was stretched to {values.shape[2]} samples before the file was made: a second on the axis is one "
        "beat; values are in standard deviations of the beat",
    )
    scaled = torch.from_numpy(form.scaled(values)).clamp_(0, 1)
    return GalleryCases(found.name, found.classes, scaled, y, part, found.sha256, notes, form)


def _sprites(n_train: int, n_test: int, seed: int) -> GalleryCases:
    """Every sprite once, in three parts by chance; fewer where fewer are asked for."""
    from xaae_core.data.sprites import N_SPRITES, SHAPES, SPRITE_FACTORS, draw_sprites, make_sprites

    if min(n_train, n_test) < len(SHAPES):
        raise DatasetError(f"{n_train} sprites to train on and {n_test} to measure; expected at least {len(SHAPES)}")
    n_test = min(n_test, round(_TEST_SHARE * N_SPRITES))
    n_train = min(n_train, N_SPRITES - n_test)
    drawn = make_sprites(n_train + n_test, seed=seed)
    order = np.random.default_rng(seed).permutation(len(drawn))
    part = np.full(len(drawn), "train", dtype="<U5")
    part[order[:n_test]] = "test"
    part[order[n_test : n_test + round(_VALID_SHARE * n_train)]] = "valid"
    note = f"{len(drawn):,} of the {N_SPRITES:,} combinations of {', '.join(SPRITE_FACTORS)}; classes are the shapes"
    return GalleryCases(
        name="sprites",
        classes=SHAPES,
        x=torch.from_numpy(drawn.pictures.copy()),
        y=drawn.labels,
        part=part,
        sha256=hashlib.sha256(drawn.pictures.tobytes()).hexdigest(),
        notes=(note,),
        factors=drawn.factors,
        factor_names=tuple(SPRITE_FACTORS),
        unordered=("shape",),
        draw=lambda side: torch.from_numpy(draw_sprites(drawn.factors, side=side)),
    )

"""Made-up paths of pictures and of signals, with everything that a figure of a path can show."""

import numpy as np

from analysis.figures.filmstrip import PathFigure
from analysis.traversals import Traversal
from xaae_core.signal_form import SignalForm

REASONS = {
    "good": "training cases lie nearby, and the picture shows what was asked for",
    "caution": "few training cases look like this",
    "poor": "leaves the data here: farther from any training case than they are from each other",
}
Z_DIMS = 256


def path_of(
    channels: int = 1, n_steps: int = 9, *, size: tuple[int, int] = (24, 20), is_regression: bool = False
) -> Traversal:
    """Noise that changes step by step; levels are whole 255ths."""
    rng = np.random.default_rng(0)
    frames = np.rint(rng.random((n_steps, channels, *size)) * 255).astype(np.float32) / 255
    steps = np.linspace(-2, 2, n_steps)
    chances = 1 / (1 + np.exp(-2 * (steps - 0.3)))
    said = None if is_regression else np.stack([1 - chances, chances], 1).astype(np.float32)
    z = rng.normal(size=(n_steps, Z_DIMS)).astype(np.float32)
    return Traversal(steps, z, frames, said, "effusion", 1, 0, 40 + 7 * steps if is_regression else None)


def signal_path(names: tuple[str, ...] = ("II", "V2"), *, length: int = 300, n_steps: int = 9) -> Traversal:
    """Sines that grow along the path, in mV."""
    count = len(names)
    form = SignalForm(
        length=length, sampling_rate=100, channel_names=names, units=("mV",) * count, low=(-1.0,) * count,
        high=(1.0,) * count,
    )  # fmt: skip
    steps = np.linspace(-2, 2, n_steps)
    wave = np.sin(np.linspace(0, 20, length)) * (2.5 + steps[:, None]) / 8 + 0.5  # [K, T] in [0, 1]
    frames = np.repeat(wave[:, None, None], count, axis=2).astype(np.float32)  # [K, 1, C, T]
    chances = 1 / (1 + np.exp(-2 * (steps - 0.3)))
    said = np.stack([1 - chances, chances], 1).astype(np.float32)
    return Traversal(steps, np.zeros((n_steps, 2), np.float32), frames, said, "raised ST", 1, 0, signal_form=form)


def figure_of(path: Traversal, *, title: str = "case 3fa9c1 · labelled effusion: towards effusion") -> PathFigure:
    """A figure of a path with everything that is known of it: trust falls off with the distance from the case."""
    levels = tuple("good" if abs(step) < 0.8 else "caution" if abs(step) < 1.6 else "poor" for step in path.steps)
    reasons = tuple(REASONS[level] for level in levels)
    original = path.frames[path.origin] * 0.9
    return PathFigure(path, original, 1, title, path.steps * 0.6, levels, reasons, path.target)

"""Example-based explanations: ours against lfxai 0.1.1, at equal output, on one thread."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from analysis.examples.lfxai_names import InfluenceFunctions, SimplEx, TracIn
from benchmarks.comparison import Comparison, take_turns, timed
from xaae_core.checkpoints import write_training_state

N_TRAIN, N_TEST, N_CHECKPOINTS, DEPTH = 500, 200, 3, 100
_CURVATURE_CASES = 50
_LOADER_PART = (60, 24)
_INFLUENCE_PART = (2, 4)


class MnistAutoencoder(nn.Module):
    """lfxai's AutoEncoderMnist, layer by layer: 44,202 parameters in the encoder, d = 10."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            *(nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.ReLU(True)),
            *(nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.ReLU(True)),
            *(nn.Conv2d(16, 32, 3, stride=2), nn.ReLU(True), nn.Flatten()),
            *(nn.Linear(288, 128), nn.ReLU(True), nn.Linear(128, 10)),
        )
        self.decoder = nn.Sequential(
            *(nn.Linear(10, 128), nn.ReLU(True), nn.Linear(128, 288), nn.ReLU(True), nn.Unflatten(1, (32, 3, 3))),
            *(nn.ConvTranspose2d(32, 16, 3, stride=2), nn.BatchNorm2d(16), nn.ReLU(True)),
            *(nn.ConvTranspose2d(16, 8, 3, stride=2, padding=1, output_padding=1), nn.BatchNorm2d(8), nn.ReLU(True)),
            *(nn.ConvTranspose2d(8, 1, 3, stride=2, padding=1, output_padding=1), nn.Sigmoid()),
        )
        self.checkpoints_files: list[Path] = []

    def forward(self, x: Tensor) -> Tensor:
        drawn: Tensor = self.decoder(self.encoder(x))
        return drawn


class _SameBatch:
    """A loader of one batch again and again: lfxai's series is then the same polynomial as ours."""

    def __init__(self, x: Tensor, n: int) -> None:
        self._x, self._n = x, n

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        return iter([(self._x, torch.zeros(len(self._x)))] * self._n)


def digits(n: int, *, skip: int = 0) -> Tensor:
    """scikit-learn's digits [n, 1, 28, 28] in [0, 1]."""
    from sklearn.datasets import load_digits

    small = torch.tensor(load_digits().images[skip : skip + n], dtype=torch.float32)[:, None] / 16
    return nn.functional.interpolate(small, size=(28, 28), mode="bilinear")


def trained_autoencoder(folder: Path, *, n_epochs: int = 3) -> MnistAutoencoder:
    """Trained on digits, a checkpoint after each epoch, always the same."""
    torch.manual_seed(0)
    model, x = MnistAutoencoder(), digits(N_TRAIN)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(n_epochs):
        for rows in torch.randperm(len(x)).split(50):  # type: ignore[no-untyped-call]
            optimizer.zero_grad()
            nn.functional.mse_loss(model(x[rows]), x[rows]).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        model.checkpoints_files.append(write_training_state(folder / f"{epoch}.pth", model.state_dict()))
    return model.eval()


def cases(x: Tensor) -> Any:
    """A loader of single cases, which is what lfxai's gradient methods need."""
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, torch.zeros(len(x))), batch_size=1)


def run(*, is_quick: bool = False) -> list[Comparison]:
    """All comparisons of this file, on one thread; none where lfxai is not installed."""
    os.environ["TQDM_DISABLE"] = "1"  # lfxai's bars take their time
    try:
        import lfxai.explanations.examples as theirs
    except ImportError as error:
        print(f"  left out: lfxai 0.1.1 is not here ({error}): pip install --no-deps lfxai==0.1.1")
        return []
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
            return _compare(theirs, Path(folder), repeats=1 if is_quick else 5)
    finally:
        torch.set_num_threads(n_threads)


def _compare(theirs: Any, folder: Path, *, repeats: int) -> list[Comparison]:
    model = trained_autoencoder(folder)
    train, test, rows = digits(N_TRAIN), digits(N_TEST, skip=N_TRAIN), list(range(N_TRAIN))
    loss = nn.MSELoss()
    whole = f"one thread; {N_TRAIN} training and {N_TEST} explained cases"
    compared = [
        _pair(
            "SimplEx, lfxai's path",
            lambda: SimplEx(model, loss, train).attribute(test, rows),
            lambda: theirs.SimplEx(model, loss, train).attribute(test, rows),
            whole, repeats=repeats,
        ),
        _pair(
            f"TracIn in memory, {N_CHECKPOINTS} checkpoints",
            lambda: TracIn(model, loss, folder, train).attribute(test, rows),
            lambda: theirs.TracIn(model, loss, folder, train).attribute(test, rows).detach(),
            whole, repeats=repeats,
        ),
    ]  # fmt: skip
    return [*compared, _loader(theirs, model, train, test, folder), _influence(theirs, model, train, test, folder)]


def _loader(theirs: Any, model: nn.Module, train: Tensor, test: Tensor, folder: Path) -> Comparison:
    """Theirs in proportion: a part of it took its time per case and per pair."""
    loss, (n, m) = nn.MSELoss(), _LOADER_PART
    mine = lambda a, b: TracIn(model, loss, folder).attribute_loader("cpu", cases(a), cases(b))  # noqa: E731
    other = lambda a, b: theirs.TracIn(model, loss, folder).attribute_loader("cpu", cases(a), cases(b))  # noqa: E731
    found = mine(train, test)
    expected = other(train[:n], test[:m]).detach()
    gap = _gap(found[:m, :n], expected)
    few = timed(lambda: other(train[: n // 2], test[: m // 2]))()
    part = timed(lambda: other(train[:n], test[:m]))()
    # a·cases + b·pairs, from two measurements
    (a, b) = np.linalg.solve([[(n + m) / 2, n * m / 4], [n + m, n * m]], [few, part])
    whole = max(a, 0) * (N_TRAIN + N_TEST) + max(b, 0) * N_TRAIN * N_TEST
    return Comparison(
        f"TracIn from a loader, {N_CHECKPOINTS} checkpoints",
        "loaders read once, checkpoints once, gradients vectorised",
        f"lfxai, from {n} × {m} cases to {N_TRAIN} × {N_TEST}",
        np.array([timed(lambda: mine(train, test))()]),
        np.array([whole]),
        f"one thread; theirs extrapolated from {part:.3g} s for {n} × {m}; largest difference there {gap:.1e}",
    )


def _influence(theirs: Any, model: nn.Module, train: Tensor, test: Tensor, folder: Path) -> Comparison:
    """Theirs in proportion to training cases: the series is run anew for each."""
    loss, (n, m) = nn.MSELoss(), _INFLUENCE_PART
    batch = _SameBatch(train[:_CURVATURE_CASES], DEPTH)

    def explain(explainer: Any, a: Tensor, b: Tensor) -> Tensor:
        influence: Tensor = explainer.attribute_loader("cpu", cases(a), cases(b), batch, recursion_depth=DEPTH)
        return influence

    mine, other = InfluenceFunctions(model, loss, folder), theirs.InfluenceFunctions(model, loss, folder)
    started = time.perf_counter()
    expected = explain(other, train[:n], test[:m])
    a_case = (time.perf_counter() - started) / n
    started = time.perf_counter()
    found = explain(mine, train, test)
    seconds = time.perf_counter() - started
    gap = _gap(found[:m, :n] * N_TRAIN, expected * n)  # each divides by the length of its loader
    return Comparison(
        f"influence, series of {DEPTH} steps",
        "the same polynomial of H: eigenpairs once, Lanczos for the rest, on the explained cases",
        f"lfxai, from {n} training cases to {N_TRAIN}",
        np.array([seconds]),
        np.array([a_case * N_TRAIN]),
        f"one thread; H of the same {_CURVATURE_CASES} cases at each step; theirs extrapolated from {a_case * n:.3g} s "
        f"for {n} × {m}; largest difference there {gap:.1e}",
    )


def _pair(name: str, ours: Callable[[], Tensor], other: Callable[[], Tensor], note: str, *, repeats: int) -> Comparison:
    gap = _gap(ours(), other())
    seconds = take_turns(timed(ours), timed(other), repeats=repeats, warm_up=0)
    return Comparison(name, "all rows at once", "lfxai 0.1.1", *seconds, f"{note}; largest difference {gap:.1e}")


def _gap(ours: Tensor, theirs: Tensor) -> float:
    """Largest difference as a share of the largest number."""
    return float((ours - theirs).abs().max() / theirs.abs().max())

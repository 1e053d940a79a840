"""Files are opened once for all their cases, again when they change, and closed for want of memory."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from xaae_core.data.signals import open_files
from xaae_core.data.signals.open_files import OpenFiles
from xaae_core.data.signals.signal_files import open_signal_file


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []

    def counting(path: Path, name: str, **options: object) -> object:
        names.append(name)
        return open_signal_file(path, name, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(open_files, "open_signal_file", counting)
    return names


def save(path: Path, value: float) -> Path:
    np.savez(path, x=np.full((4, 1, 1000), value, np.float32), sampling_rate=10.0)
    return path


def test_a_file_is_opened_once_until_it_changes(tmp_path: Path, opened: list[str]) -> None:
    files, path = OpenFiles(), save(tmp_path / "a.npz", 1)
    assert files.open(path) is files.open(path)
    assert opened == ["a.npz"]
    save(path, 2)
    os.utime(path, ns=(1, 1))
    assert files.open(path).file.read(0, 0, 0, 1)[0] == 2
    assert opened == ["a.npz", "a.npz"]


def test_memory_is_bounded_and_one_file_always_stays(tmp_path: Path, opened: list[str]) -> None:
    paths = [save(tmp_path / f"{name}.npz", 0) for name in "abc"]
    files = OpenFiles(most_bytes=2 * 16_100)
    for path in (*paths, paths[2], paths[1], paths[0]):
        files.open(path)
    assert opened == ["a.npz", "b.npz", "c.npz", "a.npz"]
    small = OpenFiles(most_bytes=1)
    assert small.open(paths[0]) is small.open(paths[0])


def test_an_epoch_over_many_windows_opens_each_file_once(tmp_path: Path, opened: list[str]) -> None:
    from xaae_core.data.signals import SignalRecipe
    from xaae_core.signal_form import SignalForm

    path = save(tmp_path / "many.npz", 3)
    recipe = SignalRecipe(SignalForm(length=100, sampling_rate=10, channel_names=("channel 1",)))
    for _ in range(2):
        assert all((recipe.read(f"{path}#{number}").values == 3).all() for number in range(40))
    assert opened == ["many.npz"]

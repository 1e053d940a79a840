"""Beats as a folder: what is read from it is what was drawn."""

from pathlib import Path

import numpy as np
import pytest

from xaae_core.data.beats import draw_beats
from xaae_core.data.beats_folder import write_beats
from xaae_core.data.dataset import read_dataset
from xaae_core.data.masks import read_mask
from xaae_core.data.signals import SignalRecipe
from xaae_core.errors import DatasetError


def test_the_folder_reads_as_the_beats_that_were_drawn(tmp_path: Path) -> None:
    write_beats(tmp_path / "new" / "beats", n_train=12, n_valid=4, n_test=4)
    drawn, dataset = draw_beats(20), read_dataset(tmp_path / "new" / "beats")
    assert dataset.form is not None
    assert dataset.form.channel_names == drawn.form.channel_names
    assert dataset.form.units == ("mV", "mV")
    assert [dataset.split.count(name) for name in ("train", "valid", "test")] == [12, 4, 4]
    assert np.allclose(dataset.columns["severity"], drawn.severity, atol=1e-6)
    assert [dataset.classes[label] for label in dataset.labels] == [
        ("flat ST", "raised ST")[label] for label in drawn.labels
    ]
    recipe = SignalRecipe(dataset.form)
    for number in (0, 7, 19):
        assert np.allclose(recipe.read(dataset.paths[number]).in_units(), drawn.values[number], atol=1e-5)
        mask = dataset.masks[number]
        assert mask is not None
        assert np.array_equal(read_mask(mask, recipe)[1], drawn.st_mask[number])


def test_a_folder_with_something_in_it_stays(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(DatasetError, match="already holds something"):
        write_beats(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_no_beats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="at least 1"):
        write_beats(tmp_path / "none", n_train=0, n_valid=0, n_test=0)

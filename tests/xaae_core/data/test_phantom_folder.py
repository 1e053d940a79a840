"""The folder of phantoms: complete or absent, and equal to the phantoms drawn by id."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xaae_core.data.phantom_folder import write_phantoms
from xaae_core.data.phantoms import PhantomFactors, draw_by_id, to_uint8
from xaae_core.errors import DatasetError


def test_written_folder_reads_back(tmp_path: Path):
    table = write_phantoms(tmp_path / "new" / "demo", n_train=3, n_valid=1, n_test=2, size=64)
    rows = list(csv.DictReader(table.open(encoding="utf-8")))
    assert [row["split"] for row in rows] == ["train"] * 3 + ["valid"] + ["test"] * 2
    for row in rows:
        identity = Path(row["file"]).stem
        phantom = draw_by_id(identity, size=64)
        film = Image.open(table.parent / row["file"])
        mask = np.asarray(Image.open(table.parent / row["mask"]))
        assert film.mode == "L"
        assert np.array_equal(np.asarray(film), to_uint8(phantom.image))
        assert np.array_equal(mask, phantom.mask * 255)
        assert PhantomFactors.from_values(row) == phantom.factors
        assert (row["label"], row["label_name"]) == (str(phantom.factors.label), phantom.factors.label_name)
    assert sorted(p.name for p in table.parent.parent.iterdir()) == ["demo"]


def test_nothing_half_written_and_nothing_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("xaae_core.data.phantom_folder._write_png", fail)
        with pytest.raises(OSError, match="disk full"):
            write_phantoms(tmp_path / "demo", n_train=1, n_valid=0, n_test=0)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "demo").mkdir()
    write_phantoms(tmp_path / "demo", n_train=1, n_valid=0, n_test=0, size=32)
    with pytest.raises(DatasetError, match="already holds"):
        write_phantoms(tmp_path / "demo")

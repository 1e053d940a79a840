"""The bundled demo: small, whole, and made from the phantoms that its ids name."""

import inspect
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from xaae_core.checkpoints import Checkpoint, load_checkpoint
from xaae_core.data.dataset import read_dataset
from xaae_core.data.phantoms import FACTOR_NAMES, SPLITS, PhantomFactors, draw_by_id, make_phantoms, to_uint8
from xaae_core.demo import demo_checkpoint, demo_images, demo_latents
from xaae_core.demo.phantom_latents import fingerprint_phantoms, tabulate_phantoms
from xaae_core.latents import LatentTable, encode_images, read_latents


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    return load_checkpoint(demo_checkpoint())


@pytest.fixture(scope="module")
def table() -> LatentTable:
    return read_latents(demo_latents())


def test_the_bundle_is_small():
    files = [path for path in demo_checkpoint().parent.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert demo_checkpoint().stat().st_size <= 5_000_000
    assert sum(path.stat().st_size for path in files) <= 8_000_000


def test_the_card_says_what_it_is(checkpoint: Checkpoint):
    card = checkpoint.card
    assert (card.classes, card.target) == (("no effusion", "effusion"), "effusion")
    assert "no patient" in card.note
    assert card.metrics["auroc"] >= 0.99
    assert card.training["preset"] == "quick"


def test_latents_are_those_of_redrawn_phantoms(checkpoint: Checkpoint, table: LatentTable):
    assert len(table) == sum(len(numbers) for numbers in SPLITS.values())
    assert (table.checkpoint_sha256, table.data_fingerprint) == (checkpoint.sha256, checkpoint.card.data_fingerprint)
    rows = np.arange(0, len(table), 40)
    drawn = [draw_by_id(str(identity)) for identity in table.ids[rows]]
    pixels = np.stack([to_uint8(phantom.image)[None] for phantom in drawn]).astype(np.float32) / 255
    z, said = encode_images(checkpoint.model, torch.from_numpy(pixels))
    np.testing.assert_allclose(z, table.z[rows], atol=1e-4)
    np.testing.assert_allclose(said.probabilities, table.probabilities[rows], atol=1e-4)
    for name in FACTOR_NAMES:
        expected = [getattr(phantom.factors, name) for phantom in drawn]
        np.testing.assert_allclose(table.columns[name][rows], expected, atol=1e-9)


def test_splits_of_the_table_are_the_demos(table: LatentTable):
    for split, numbers in SPLITS.items():
        assert int((table.split == split).sum()) == len(numbers)
        first, last = table.ids[table.split == split][[0, -1]]
        assert (first, last) == (f"phantom-{numbers.start:06d}", f"phantom-{numbers.stop - 1:06d}")


def test_bundled_images_are_held_out_and_span_severity(table: LatentTable):
    dataset = read_dataset(demo_images())
    held_out = dataset.subset(split="test")
    assert len(held_out) == 20
    assert dataset.classes == ("no effusion", "effusion")
    severity = np.sort(held_out.columns["severity"])
    assert severity[0] < 0.1
    assert severity[-1] > 0.9
    assert np.diff(severity).max() < 0.15
    for path in dataset.paths:
        assert np.array_equal(np.asarray(Image.open(path)), to_uint8(draw_by_id(path.stem).image))
        row = table.row_of(path.stem)
        assert (table.split[row] == "test") == (path in held_out.paths)
        assert demo_latents().parent / str(table.paths[row]) == path
        PhantomFactors.from_values({name: column[row] for name, column in table.columns.items()})


class TestTabulating:
    def test_rows_follow_the_sets(self, checkpoint: Checkpoint):
        sets = [("train", make_phantoms(3)), ("test", make_phantoms(2, first=900))]
        table = tabulate_phantoms(checkpoint.model, sets, images={"phantom-000901": "a.png"}, batch_size=2)
        assert table.split.tolist() == ["train"] * 3 + ["test"] * 2
        assert table.paths.tolist() == ["", "", "", "", "a.png"]
        assert table.ids.tolist() == [*sets[0][1].ids, *sets[1][1].ids]
        assert table.columns["severity"].tolist() == [*sets[0][1].factors["severity"], *sets[1][1].factors["severity"]]

    def test_fingerprint_changes_with_pixels_and_split(self):
        phantoms, others = make_phantoms(2, size=32), make_phantoms(2, seed=1, size=32)
        one = fingerprint_phantoms([("train", phantoms)])
        assert one == fingerprint_phantoms([("train", make_phantoms(2, size=32))])
        assert len({one, fingerprint_phantoms([("test", phantoms)]), fingerprint_phantoms([("train", others)])}) == 3


def test_importing_the_paths_costs_nothing():
    source = inspect.getsource(inspect.getmodule(demo_checkpoint))
    imports = [line for line in source.splitlines() if line.startswith(("import", "from"))]
    assert imports == ["from pathlib import Path"]
    assert isinstance(demo_checkpoint(), Path)

"""How much of the cases is drawn again: all, none, and less than nothing; and what the verdict makes of it."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from analysis.evaluation.drawn_share import measure_drawn_share
from analysis.evaluation.linear_probe import probe_metrics
from analysis.evaluation.verdict import judge_metrics
from xaae_core.data.recipes import PictureRecipe
from xaae_core.latents import LatentTable

SIDE = 16
PROBED = probe_metrics({"test_auroc": 0.97, "test_auroc_low": 0.95, "test_auroc_high": 0.99, "test_accuracy": 0.9})


class Drawing:
    """z are the pixels themselves; what is drawn is `weight` of the case, and the average case for the rest."""

    input_size, input_channels, encoding_dims, classes = (SIDE, SIDE), 1, SIDE * SIDE, 0

    def __init__(self, weight, average):
        self.weight, self.average = weight, torch.as_tensor(average, dtype=torch.float32)

    def decode(self, z):
        drawn = self.weight * z + (1 - self.weight) * self.average.ravel()
        return drawn.reshape(-1, 1, SIDE, SIDE)


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    pictures = np.random.default_rng(0).integers(0, 256, (12, SIDE, SIDE), dtype=np.uint8)
    for row, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{row}.png")
    return table_of(folder, pictures.reshape(12, -1) / 255), pictures[4:].mean(axis=0) / 255


def table_of(folder: Path, z) -> LatentTable:
    n = len(z)
    return LatentTable(
        z=z.astype(np.float32),
        ids=np.array([str(row) for row in range(n)]),
        paths=np.array([str(folder / f"{row}.png") for row in range(n)]),
        split=np.array(["train"] * 4 + ["test"] * (n - 4)),
        labels=np.full(n, -1),
        probabilities=np.zeros((n, 0), np.float32),
        classes=(),
    )


@pytest.mark.parametrize(("weight", "share"), [(1.0, 1.0), (0.0, 0.0), (0.5, 0.75), (-1.0, -3.0)])
def test_it_is_what_is_left_of_the_variance_around_the_average_case(cases, weight, share):
    table, average = cases
    found = measure_drawn_share(
        Drawing(weight, average), table, PictureRecipe(size=(SIDE, SIDE), channels=1), split="test", batch_size=3
    )
    assert found == pytest.approx(share, abs=1e-5)


def test_cases_that_do_not_differ_have_no_share(cases, tmp_path):
    table, average = cases
    recipe = PictureRecipe(size=(SIDE, SIDE), channels=1)
    assert math.isnan(measure_drawn_share(Drawing(1.0, average), table, recipe, split="valid"))
    for row in range(12):
        Image.new("L", (SIDE, SIDE), 90).save(tmp_path / f"{row}.png")
    assert math.isnan(measure_drawn_share(Drawing(1.0, average), table_of(tmp_path, table.z), recipe, split="test"))


@pytest.mark.parametrize(("share", "level"), [(0.8, "good"), (0.3, "caution"), (0.05, "poor"), (-1.0, "poor")])
def test_a_model_that_draws_every_case_alike_is_not_good_enough_whatever_a_probe_finds(share, level):
    verdict = judge_metrics({**PROBED, "test_drawn_share": share})
    assert verdict.level == level
    assert f"{max(share, 0):.0%} of what makes cases differ" in " ".join(verdict.reasons)
    assert ("what it draws is not the case" in verdict.sentence) == (level == "poor")


def test_an_auroc_of_one_class_does_not_hide_that_the_others_are_confused():
    verdict = judge_metrics({**PROBED, "test_probe_accuracy": 0.49})
    assert verdict.level == "caution"
    assert "49% of the cases" in verdict.reasons[0]
    assert judge_metrics({"test_auroc": 0.97, "test_accuracy": 0.49}).level == "good", "of a probe alone"

"""Remove and retrain: where one pixel decides, and where each picture has its own."""

from pathlib import Path

import numpy as np
import pytest
import torch

from analysis.experiments.feature_maps import explain_features, hide_most_important
from analysis.experiments.parts import PartStore, run_parts
from analysis.experiments.plans import roar
from analysis.experiments.roar import SHARES, RoarResult, retrain_without
from tests.analysis.experiments.tiny_networks import tiny_setup

BLACK = torch.zeros(1, 1, 4, 4)


def test_without_the_one_pixel_that_decides_nothing_is_learned():
    pictures = torch.rand(400, 1, 4, 4, generator=torch.Generator().manual_seed(0)) + 0.5
    told = pictures[:, 0, 1, 2].clone().numpy()

    def train(masked: torch.Tensor) -> float:
        """Least squares of the deciding pixel's value on the pictures; the share that stays unexplained."""
        x = np.c_[np.ones(len(masked)), masked.flatten(1).numpy()]
        left = told - x @ np.linalg.lstsq(x, told, rcond=None)[0]
        return float(left.var() / told.var())

    knowing, wrong = np.zeros((2, *pictures.shape))
    knowing[:, 0, 1, 2], wrong[:, 0, 3, 3] = 1, 1
    assert retrain_without(pictures, knowing, 1 / 16, train, baseline=BLACK) > 0.9
    assert retrain_without(pictures, wrong, 1 / 16, train, baseline=BLACK) < 1e-6
    assert retrain_without(pictures, knowing, 0, train, baseline=BLACK) < 1e-6


def test_each_picture_is_masked_by_its_own_map_and_shuffled_ones_show():
    """lfxai's mistake: the maps of a shuffled loader, applied in the data set's order."""
    pictures, places = torch.full((16, 1, 4, 4), 0.1), torch.arange(16)
    pictures.view(16, 16)[places, places] = 1.0  # each has its own bright pixel
    maps = pictures.numpy()
    brightest = []
    for importance in (maps, maps[np.roll(np.arange(16), 1)]):
        retrain_without(pictures, importance, 1 / 16, lambda x: brightest.append(x.amax()) or 0.0, baseline=BLACK)
    assert brightest[0] < 0.5
    assert brightest[1] == 1


def test_the_plan_keeps_the_maps_in_the_order_of_the_pictures_it_masks(tmp_path: Path):
    setup = tiny_setup()
    store = PartStore(tmp_path, setup.settings)
    run_parts(roar.parts_of(setup)[:1], store)
    pictures = setup.data.x_train[setup.train_rows()]
    np.testing.assert_array_equal(store.read("maps-0", "contrast"), pictures.numpy())
    trained = roar._train(setup, 0, pictures, lambda done, n_all: None)
    for row in (0, 7, 23):
        alone = explain_features(
            trained.encoder, pictures[row : row + 1], "integrated_gradients", baseline=setup.data.baseline
        )
        np.testing.assert_allclose(store.read("maps-0", "integrated_gradients")[row], alone[0], rtol=1e-5, atol=1e-6)


def test_the_network_is_trained_on_just_the_masked_pictures_and_tested_on_whole_ones(tmp_path: Path, monkeypatch):
    setup = tiny_setup()
    store = PartStore(tmp_path, setup.settings)
    parts = {part.key: part for part in roar.parts_of(setup)}
    seen, train = [], roar._train
    monkeypatch.setattr(roar, "_train", lambda *given: seen.append(given[2]) or train(*given))
    run_parts([parts["maps-0"], parts["loss-0-contrast-0.5"]], store)
    pictures = setup.data.x_train[setup.train_rows()]
    assert (seen[0] == pictures).all()
    assert (seen[1] == hide_most_important(pictures, pictures.numpy(), 0.5, baseline=setup.data.baseline)).all()
    trained = train(setup, 0, seen[1], lambda done, n_all: None)
    whole = setup.data.x_test[setup.explained_rows()]
    expected = float((trained.model(whole) - whole).square().mean().detach())
    assert float(store.read("loss-0-contrast-0.5", "loss")) == pytest.approx(expected, rel=1e-5)


def test_where_all_is_masked_one_network_stands_for_every_method(tmp_path: Path):
    setup = tiny_setup()
    keys = [part.key for part in roar.parts_of(setup)]
    assert sum(key.endswith("-1") and key.startswith("loss-0") for key in keys) == 1
    store = PartStore(tmp_path, setup.settings)
    run_parts(roar.parts_of(setup), store)
    found = roar.collect(setup, store)
    assert found.losses.shape == (4, 2, len(SHARES))
    assert (found.losses[:, :, -1] == found.losses[:1, :, -1]).all()


def test_the_excess_is_beyond_chance_and_leaves_out_share_one():
    losses = np.array([[[3.0, 4, 9], [3, 5, 9]], [[1.0, 2, 9], [2, 2, 9]]])
    found = RoarResult(("saliency", "random"), (0.1, 0.5, 1.0), losses, np.array([0.5, 0.5]))
    assert found.excess("saliency").tolist() == [2.0, 2.0]
    assert found.sentences()[1].endswith("saliency")
    assert len(found.rows()) == 2 * 2 * 4
    assert len(found.sentences()) == 2
    assert found.draw("svg")


@pytest.mark.parametrize(("of_method", "said"), [(3.0, "beyond contrast alone"), (1.5, "tells ink, not insight")])
def test_a_method_that_is_no_better_than_brightness_is_told_so(of_method, said):
    losses = np.array([[[of_method]], [[1.0]], [[2.0]]])
    found = RoarResult(("saliency", "random", "contrast"), (0.5,), losses, np.array([0.5]))
    assert said in found.sentences()[-1]
    assert found.sentences()[1].endswith("saliency and contrast alone")

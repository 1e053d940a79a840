"""Several pictures at once: the same maps as one by one, whatever the memory; cancelled without losing what is done."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from analysis.attributions import (
    METHODS,
    ClassLogit,
    LatentDimension,
    MethodSettings,
    ReconstructionError,
    Representation,
    attribute,
    attribute_batch,
    black_baseline,
    blurred_baseline,
)
from analysis.attributions.memory import bytes_of_pass, rows_within
from tests.analysis.attributions.known_models import CurvedModel
from xaae_core.errors import AttributionError, ImageError
from xaae_core.models import add_xaae_blocks, build_encoder

SETTINGS = MethodSettings(n_steps=6, n_samples=6, window=12)
MIB = 2**20


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return add_xaae_blocks(build_encoder("small:8-16", 1), 48, 1, 4, decoder="light", recons_metric="ssim").eval()


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).random((5, 1, 48, 48)).astype(np.float32)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("target", [ClassLogit(1), Representation(), ReconstructionError()], ids=lambda each: each.name)
def test_the_maps_are_those_of_one_by_one_for_every_budget(model, images, method, target):
    from analysis.attributions import available_methods

    if method in available_methods(model, target).refused:
        pytest.skip("refused, as test_methods checks")
    alone = [attribute(model, image, target, method=method, settings=SETTINGS) for image in images]
    for budget in (MIB, 3 * MIB, 500 * MIB):
        together = attribute_batch(model, images, target, method=method, settings=SETTINGS, memory_bytes=budget)
        for one, found in zip(alone, together, strict=True):
            np.testing.assert_allclose(found.map, one.map, atol=2e-5 * np.abs(one.map).max())
            assert found.score == pytest.approx(one.score, rel=1e-5)


def test_no_pass_is_larger_than_the_budget_allows(images):
    curved = CurvedModel(channels=1, side=48).eval()
    curved.largest_batch = 0
    score = LatentDimension(0).scorer(curved)
    one = torch.from_numpy(images[:1])
    budget = 7 * bytes_of_pass(curved, score, one, ())
    assert rows_within(budget, curved, score, one, ()) == 7
    budget = max(budget, MIB)
    allowed = rows_within(budget, curved, score, one, ())
    for method in ("integrated_gradients", "occlusion", "smooth_grad", "gradient_shap", "feature_ablation", "saliency"):
        curved.largest_batch = 0
        settings = MethodSettings(n_steps=70, n_samples=70, window=6, stride=5)
        attribute_batch(
            curved, np.repeat(images, 6, axis=0), LatentDimension(0), method=method, settings=settings,
            memory_bytes=budget,
        )  # fmt: skip
        assert curved.largest_batch <= allowed


PEAK = """
import sys, threading, time
import numpy as np, psutil, torch
from analysis.attributions import ClassLogit, MethodSettings, attribute
from xaae_core.models import add_xaae_blocks, build_encoder

model = add_xaae_blocks(build_encoder("small:16-32-64", 1), 256, 1, 8, decoder="light").eval()
image = np.random.default_rng(0).random((1, 256, 256)).astype(np.float32)
run = lambda steps, budget: attribute(
    model, image, ClassLogit(0), settings=MethodSettings(n_steps=steps), memory_bytes=budget)
run(2, 2**20)
me, seen, ended = psutil.Process(), [], threading.Event()
before = me.memory_info().rss

def watch():
    while not ended.is_set():
        seen.append(me.memory_info().rss)
        time.sleep(0.0005)

watcher = threading.Thread(target=watch)
watcher.start()
run(200, int(sys.argv[1]))
ended.set()
watcher.join()
print(max(seen) - before)
"""


def test_integrated_gradients_of_200_steps_at_256_pixels_stay_near_the_budget():
    budget = 64 * MIB
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", PEAK, str(budget)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    assert 0.4 * budget < int(done.stdout) < 1.4 * budget  # 200 steps at once would take 1.7 GiB


def test_each_picture_may_have_its_own_baseline(model, images):
    blurred = [blurred_baseline(image) for image in images]
    together = attribute_batch(model, images, ClassLogit(0), baselines=blurred, settings=SETTINGS)
    alone = attribute(model, images[2], ClassLogit(0), baseline=blurred[2], settings=SETTINGS)
    np.testing.assert_allclose(together[2].map, alone.map, atol=1e-5 * np.abs(alone.map).max())
    assert together[2].baseline == alone.baseline
    with pytest.raises(AttributionError, match="4 baselines for 5 pictures"):
        attribute_batch(model, images, ClassLogit(0), baselines=blurred[1:])
    with pytest.raises(AttributionError, match="baseline has the shape"):
        attribute_batch(model, images, ClassLogit(0), baselines=black_baseline((1, 4, 4)))


class CancelledError(Exception):
    pass


def test_a_cancelled_call_keeps_what_is_finished(model, images):
    kept = {}

    def progress(done: int, n_all: int) -> None:
        if done > n_all // 2:
            raise CancelledError

    with pytest.raises(CancelledError):
        attribute_batch(
            model, images, ClassLogit(0), settings=SETTINGS, memory_bytes=MIB, progress=progress, keep=kept.__setitem__
        )
    assert 1 <= len(kept) < 5
    assert sorted(kept) == list(range(len(kept)))
    np.testing.assert_array_equal(
        kept[0].map, attribute(model, images[0], ClassLogit(0), settings=SETTINGS, memory_bytes=MIB).map
    )


@pytest.mark.parametrize("method", METHODS)
def test_progress_runs_from_the_first_pass_to_all(model, images, method):
    seen = []
    attribute_batch(
        model, images, ClassLogit(0), method=method, settings=SETTINGS, memory_bytes=MIB,
        progress=lambda done, n_all: seen.append((done, n_all)),
    )  # fmt: skip
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]
    reached = {done for done, _ in seen}
    assert len(reached) >= 2 or seen[-1][1] <= 64


def test_what_is_wrong_with_a_batch_is_said(model, images):
    with pytest.raises(AttributionError, match="the selection is empty"):
        attribute_batch(model, [], ClassLogit(0))
    with pytest.raises(ImageError, match=r"picture 2 has the shape \(1, 40, 48\); this model takes \[1, 48, 48\]"):
        attribute_batch(model, [images[0], images[1][:, :40]], ClassLogit(0))
    spoiled = images.copy()
    spoiled[3] = np.nan
    with pytest.raises(AttributionError, match="not finite for picture 4"):
        attribute_batch(model, spoiled, ClassLogit(0), method="saliency")


def test_a_part_in_training_mode_is_refused_although_the_whole_is_not(model, images):
    model.to_latent[2].train()
    try:
        with pytest.raises(AttributionError, match="training mode"):
            attribute(model, images[0], ClassLogit(0))
    finally:
        model.eval()

"""The demo's claims: they hold for the bundled model, and the measures know good from bad."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from analysis.demo_claims import Claim
from analysis.demo_evaluation import DemoMeasures, measure_demo
from analysis.demo_paths import PathMeasures, measure_path, slope
from analysis.directions import Direction
from analysis.traversals import encode_image, path_steps, traverse
from analysis.trust import Neighbourhood, judge_traversal
from xaae_core.checkpoints import load_checkpoint
from xaae_core.data.phantoms import PhantomFactors, draw_phantom, effusion_height, make_phantoms
from xaae_core.demo import demo_checkpoint
from xaae_core.errors import ImageError
from xaae_core.models import add_xaae_blocks, build_encoder
from xaae_core.models.latent_model import Encoding

FACTORS = PhantomFactors(severity=0.5, heart_radius=0.12, exposure=0.03)


class Oracle:
    """Reads the effusion's height from a picture and draws the picture of a height: z is the height."""

    input_size, input_channels, encoding_dims, classes = (96, 96), 1, 1, 2

    def __init__(self, *, gain: float = 1.0) -> None:
        self.gain = gain

    def encode(self, x: torch.Tensor) -> Encoding:
        return Encoding(torch.tensor([[effusion_height(frame.numpy(), FACTORS)] for frame in x], dtype=torch.float32))

    def decode(self, z, skips=(), *, skip_dropout=1.0, generator=None):
        heights = 0.5 + self.gain * (z[:, 0].numpy() - 0.5)
        films = [draw_phantom(replace(FACTORS, severity=float(height)), size=96).image for height in heights]
        return torch.from_numpy(np.stack(films))[:, None]

    def classify(self, z):
        return None


def direction(scale: float) -> Direction:
    return Direction(
        vector=np.ones(1), centre=np.full(1, 0.5), scale=scale, method="given", target="effusion",
        counterpart="no effusion", quality_name="AUROC", quality=1.0, quality_interval=(1.0, 1.0), held_out=1.0,
        cone_degrees=0.0, n_cases=2,
    )  # fmt: skip


def path_of(model: Oracle) -> PathMeasures:
    along = direction(0.2)
    image = draw_phantom(FACTORS, size=96).image[None]
    path = traverse(model, encode_image(model, image), along, steps=path_steps(2.0, 9))
    near = Neighbourhood.of(np.linspace(0, 1, 20, dtype=np.float32)[:, None])
    trust = judge_traversal(model, path, along, near)
    return measure_path(path, trust.achieved, trust.cycle_error, FACTORS)


class TestPaths:
    def test_a_perfect_model(self):
        found = path_of(Oracle())
        assert found.monotone == pytest.approx(1.0)
        assert found.inside > 0.99
        assert found.achieved == pytest.approx(1.0, abs=0.03)
        assert found.effusion_per_sd == pytest.approx(0.2, abs=0.01)
        assert found.cycle_error < 0.1
        assert 0.1 < found.chance < 0.3

    def test_half_a_move_is_found_as_half(self):
        assert path_of(Oracle(gain=0.5)).achieved == pytest.approx(0.5, abs=0.03)

    def test_a_move_the_wrong_way_is_found(self):
        found = path_of(Oracle(gain=-1.0))
        assert found.monotone == pytest.approx(-1.0)
        assert found.achieved == pytest.approx(-1.0, abs=0.05)

    def test_a_picture_that_does_not_move_counts_as_failure(self):
        found = path_of(Oracle(gain=0.0))
        assert found.monotone == 0.0
        assert found.achieved == pytest.approx(0.0, abs=1e-6)
        assert math.isnan(found.inside)


def test_slope_of_a_line():
    assert slope(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0])) == pytest.approx(2.0)


class TestClaims:
    def test_bounds(self):
        bound = Claim("height", "m", least=0.5)
        assert bound.holds(0.5)
        assert not bound.holds(0.49)
        assert not bound.holds(math.nan)
        assert "holds" in bound.line(0.6)
        assert "FAILS" in bound.line(0.4)
        assert bound.verdict(0.4) == "height: 0.400, claimed at least 0.5"

    def test_nothing_claimed_nothing_failed(self):
        assert Claim("height").holds(-1.0)

    def test_table_and_failures_name_every_figure(self):
        names = [claim.words for claim, _ in measures(0.0).claims()]
        assert len(names) == len(set(names)) == len(measures(0.0).by_name())
        assert all(name in measures(0.0).table() for name in names)
        assert len(measures(0.0).failures()) == 6
        assert measures(1.0).failures() == ()


def measures(value: float) -> DemoMeasures:
    names = [name for name in DemoMeasures.__dataclass_fields__ if not name.startswith("n_")]
    return DemoMeasures(n_images=3, n_paths=2, **dict.fromkeys(names, value))


class TestBundledModel:
    def test_its_claims_hold_on_a_sample(self):
        model = load_checkpoint(demo_checkpoint()).model
        found = measure_demo(model, test=make_phantoms(100, first=900), n_paths=30)
        assert found.failures() == ()
        assert (found.n_images, found.n_paths) == (100, 30)
        assert found.inside_chance < 0.25

    def test_an_untrained_model_fails(self):
        model = add_xaae_blocks(build_encoder("small", 1), 192, 1, 8, decoder="light").eval()
        found = measure_demo(model, train=make_phantoms(40), test=make_phantoms(10, first=900), n_paths=3)
        assert len(found.failures()) >= 3


def test_a_model_of_other_images_is_refused():
    model = add_xaae_blocks(build_encoder("small:8-16", 3), 64, 3, 8, decoder="light", recons_metric="ssim").eval()
    with pytest.raises(ImageError, match="xaae demo train"):
        measure_demo(model)

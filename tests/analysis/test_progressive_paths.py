"""A path built piece by piece ends as the path decoded at once."""

import numpy as np
import pytest
import torch

from analysis.directions import Direction
from analysis.progressive_paths import PathBuilder, coarse_to_fine
from analysis.traversals import encode_image, path_steps, traverse
from analysis.trust import Neighbourhood, judge_traversal
from xaae_core.models import add_xaae_blocks
from xaae_core.models.encoders import small_encoder


@pytest.fixture(scope="module")
def scene():
    torch.manual_seed(0)
    model = add_xaae_blocks(small_encoder(1, (4, 8)), 32, 1, 6, 2, decoder="light", recons_metric="ssim").eval()
    for block in model.decoder.blocks:
        torch.nn.init.normal_(block.conv_skip.weight)  # starts at zero
    rng = np.random.default_rng(0)
    vector = rng.normal(size=6)
    direction = Direction(
        vector / np.linalg.norm(vector), np.zeros(6), 0.7, "given", "b", "a", "AUROC", 1, (1, 1), 1, 0, 9
    )
    encoding = encode_image(model, rng.random((1, 32, 32), dtype=np.float32))
    return model, direction, encoding, Neighbourhood.of(rng.normal(size=(50, 6)))


def test_order_starts_with_origin_and_ends_and_halves_the_widest_gap():
    assert coarse_to_fine(9, 4) == [4, 8, 0, 2, 6, 1, 3, 5, 7]
    for n_steps in (3, 4, 21):
        assert sorted(coarse_to_fine(n_steps, 1)) == list(range(n_steps))


@pytest.mark.parametrize("skip_dropout", [0.0, 0.5, 1.0])
def test_pieces_make_the_whole(scene, skip_dropout):
    model, direction, encoding, hood = scene
    steps = path_steps(2.0, 11)
    builder = PathBuilder(model, encoding, direction, steps, neighbourhood=hood, skip_dropout=skip_dropout, seed=3)
    part = builder.advance(0.0)
    assert np.flatnonzero(part.computed).tolist() == [0, 5, 10]
    assert part.levels[0] is not None
    assert part.levels[1] is None
    assert np.isnan(part.achieved[1])
    seen = 3
    while not part.is_complete:
        part = builder.advance(0.0)
        assert part.computed.sum() > seen
        seen = int(part.computed.sum())
    whole = traverse(model, encoding, direction, steps=steps, skip_dropout=skip_dropout, seed=3)
    trust = judge_traversal(model, whole, direction, hood)
    np.testing.assert_allclose(part.traversal.frames, whole.frames, atol=1e-5)
    np.testing.assert_allclose(part.traversal.probabilities, whole.probabilities, atol=1e-6)
    np.testing.assert_allclose(part.achieved, trust.achieved, atol=1e-3)
    assert part.levels == trust.levels


def test_a_generous_budget_needs_two_batches(scene, monkeypatch):
    model, direction, encoding, _ = scene
    sizes = []
    decode = model.decode
    monkeypatch.setattr(model, "decode", lambda z, *a, **k: (sizes.append(len(z)), decode(z, *a, **k))[1])
    assert PathBuilder(model, encoding, direction, path_steps()).advance(60.0).is_complete
    assert sizes == [3, 18]

"""Masks under lfxai's names: exactly lfxai's for images and signals of one channel, and right for more."""

import numpy as np
import pytest
import torch

from analysis.attributions.importance_masks import generate_masks, generate_tseries_masks


@pytest.fixture
def lfxai():
    return pytest.importorskip("lfxai.utils.feature_attribution", reason="lfxai, the oracle, is not installed")


@pytest.mark.parametrize("size", [0, 1, 20, 64])
def test_masks_equal_lfxai(lfxai, size):
    rng = np.random.default_rng(0)
    images, signals = rng.normal(size=(9, 3, 8, 8)), rng.normal(size=(9, 64, 1))
    images[0] = 0  # ties
    ours, theirs = generate_masks(images, size), lfxai.generate_masks(images, size)
    assert ours.dtype == theirs.dtype
    assert torch.equal(ours, theirs)
    assert torch.equal(generate_tseries_masks(signals, size), lfxai.generate_tseries_masks(signals, size))


def test_bug_6_the_masks_of_signals_of_several_channels(lfxai):
    attr = np.zeros((2, 4, 3))
    attr[0, 2], attr[1, 0], attr[1, 3, 1] = (1, -1, 1), 0.5, -2
    masks = generate_tseries_masks(attr, 1)
    assert masks.shape == (2, 4, 3)
    np.testing.assert_array_equal(masks[:, :, 0], [[1, 1, 0, 1], [1, 1, 1, 0]])
    np.testing.assert_array_equal(masks[:, :, 0], masks[:, :, 2])
    with pytest.raises(RuntimeError):
        lfxai.generate_tseries_masks(attr, 1)


def test_masks_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="expected 0 to 64, all pixels"):
        generate_masks(np.zeros((2, 1, 8, 8)), 65)
    with pytest.raises(ValueError, match=r"expected those of images \[N, C, H, W\]"):
        generate_masks(np.zeros((2, 8, 8)), 1)

"""The direction of a model that saw no labels moves what the known factor of beats moves: the ST part."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from analysis.directions import Direction, fit_direction
from analysis.traversals import encode_image, traverse
from tests.analysis.latent_tables import table_of
from xaae_core.data.beats import draw_beats
from xaae_core.models.signal_networks import build_signal_autoencoder
from xaae_core.models.signal_pictures import SignalPictures

N_TRAIN, N_HELD_OUT = 256, 24
BEATS = draw_beats(N_TRAIN + N_HELD_OUT, seed=5, length=64)
HELD_OUT = range(N_TRAIN, N_TRAIN + N_HELD_OUT)


@pytest.fixture(scope="module")
def model() -> SignalPictures:
    """A small autoencoder of the training beats, which never sees a label."""
    x = torch.from_numpy(BEATS.scaled()[:N_TRAIN])
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = build_signal_autoencoder("AE", BEATS.form, 6).train()
        optimizer = torch.optim.Adam(network.parameters(), lr=4e-3)
        for _ in range(12):
            for rows in torch.randperm(N_TRAIN).split(32):
                loss = torch.nn.functional.mse_loss(network.decode(network.encode(x[rows]).z), x[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    return SignalPictures(network.eval())


@pytest.fixture(scope="module")
def direction(model: SignalPictures) -> Direction:
    with torch.no_grad():
        z = model.encode(torch.from_numpy(BEATS.scaled()[:N_TRAIN, None])).z.numpy()
    return fit_direction(table_of(z, BEATS.labels[:N_TRAIN]), "yes")


def picture(row: int) -> NDArray[np.float32]:
    """A beat as a picture of one row a lead [1, C, T]."""
    return BEATS.scaled()[row][None]


@pytest.mark.parametrize("step", [1.0, -1.0, 2.0])
def test_the_direction_moves_the_st_part_and_little_else(model: SignalPictures, direction: Direction, step: float):
    inside, outside, energy = [], [], []
    for row in HELD_OUT:
        encoding = encode_image(model, torch.from_numpy(picture(row)))
        path = traverse(model, encoding, direction, steps=np.sort([0, step]))
        change = path.change()[1 - path.origin, 0] * np.sign(step)  # [C, T]
        mask = np.broadcast_to(BEATS.st_mask[row], change.shape)
        inside.append(change[mask].mean())
        outside.append(change[~mask].mean())
        energy.append((change[mask] ** 2).sum() / (change**2).sum())
    assert np.mean(np.array(inside) > np.array(outside)) > 0.9
    assert np.mean(inside) > 5 * abs(np.mean(outside))
    assert np.mean(energy) > 2.5 * BEATS.st_mask[HELD_OUT].mean()

"""Important examples: a copy of the case, cases of its label; and what any order gives."""

import numpy as np
import pytest
import torch

from analysis.experiments.consistency_examples import (
    EXAMPLE_METHODS,
    ExampleConsistency,
    explain_by_examples,
    measure_agreement,
)
from tests.analysis.experiments.tiny_networks import TinyAutoencoder, tiny_pictures

DATA = tiny_pictures(24)


@pytest.fixture
def model() -> TinyAutoencoder:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return TinyAutoencoder(36, 4)


@pytest.mark.parametrize("method", ["dknn", "simplex"])
def test_a_planted_copy_is_the_most_important_example(method, model):
    odd = torch.zeros(2, 1, 6, 6)  # pictures like no other
    odd[0, 0, 4], odd[1, 0, :, 5] = 2, 2
    train = DATA.x_train.clone()
    train[[5, 17]] = odd
    scores = explain_by_examples(model, train, odd, method, loss=torch.nn.functional.mse_loss)
    assert scores.argmax(axis=1).tolist() == [5, 17]


@pytest.mark.parametrize("method", EXAMPLE_METHODS)
def test_every_case_gets_its_row_and_the_network_stays(method, model):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.train()
    scores = explain_by_examples(model, DATA.x_train, DATA.x_test[:7], method, loss=torch.nn.functional.mse_loss)
    assert scores.shape == (7, 24)
    assert (np.abs(scores).sum(axis=1) > 0).all()
    assert model.training
    assert all((value == before[name]).all() for name, value in model.state_dict().items())
    alone = explain_by_examples(model, DATA.x_train, DATA.x_test[3:4], method, loss=torch.nn.functional.mse_loss)
    np.testing.assert_allclose(alone[0], scores[3], rtol=1e-4, atol=1e-9)


def test_tracin_adds_up_over_checkpoints(model):
    state = {name: value.clone() for name, value in model.state_dict().items()}
    once, thrice = (
        explain_by_examples(
            *(model, DATA.x_train, DATA.x_test[:3], "tracin"),
            loss=torch.nn.functional.mse_loss,
            checkpoints=[state] * n,
        )
        for n in (1, 3)
    )
    np.testing.assert_allclose(thrice, 3 * once, rtol=1e-5)


def test_perfect_scores_agree_wholly_worst_ones_never_and_all_cases_are_as_chance_has_it():
    test_labels, train_labels = np.array([0, 1, 1]), np.array([0, 0, 1, 1, 1, 0, 1, 0])
    same = (train_labels[None] == test_labels[:, None]).astype(float)
    most, least = measure_agreement(
        {"good": same, "bad": -same}, test_labels, train_labels, fractions=(0.25, 0.5, 1.0)
    )  # fmt: skip
    assert (most[0, :2] == 1).all()
    assert (least[0, :2] == 0).all()
    assert (most[1, :2] == 0).all()
    np.testing.assert_allclose(most[:, 2], 0.5)
    np.testing.assert_allclose(most[:, 2], least[:, 2])


def test_the_sentence_names_what_beats_chance():
    rng = np.random.default_rng(0)
    most = np.stack([0.8 + 0.1 * rng.random((2, 3, 40)), 0.2 * rng.random((2, 3, 40))])
    least = np.stack([0.3 + 0 * most[0], 0.05 * most[1]])
    found = ExampleConsistency(("dknn", "tracin"), (0.1, 0.5, 1.0), most, least, 0.1, "tiny")
    assert found.sentences()[1] == ("most important above chance: nearest neighbours; least important below it: TracIn")
    assert "any order gives 0.10" in found.sentences()[0]
    assert len(found.rows()) == 2 * 2 * 3 * 3
    assert found.draw("svg")


def test_another_method_is_refused(model):
    with pytest.raises(ValueError, match="expected one of simplex, dknn, tracin, influence"):
        explain_by_examples(model, DATA.x_train, DATA.x_test, "magic", loss=torch.nn.functional.mse_loss)

"""The choice of μ: known data, both criteria, and what is refused."""

import numpy as np
import pytest
import torch
from torch import Tensor

from analysis.examples.mixture_choice import choose_mu
from analysis.examples.simplex import fit_max_entropy
from xaae_core.errors import ExamplesError


def clumps(n: int, seed: int, *, gap: float = 6.0, noise: float = 1.0) -> tuple[Tensor, Tensor]:
    """Four clumps at the corners of a square, with their numbers as labels."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(n) % 4
    corners = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]) * gap
    return corners[y] + noise * torch.randn(n, 2, generator=generator), y


def test_the_chosen_mu_has_the_best_agreement_up_to_its_error():
    (h, y), (valid, y_valid) = clumps(80, 0), clumps(40, 1)
    found = choose_mu(valid, h, y_valid=y_valid, y_train=y)
    at = found.candidates.tolist().index(found.mu)
    assert found.agreement[at] > found.agreement.max() - 3 * found.error
    weights = fit_max_entropy(valid.double(), h.double(), mu=found.mu)
    own = (weights * (y_valid[:, None] == y[None])).sum(dim=1)
    assert found.agreement[at] == pytest.approx(float(own.mean()))
    assert found.agreement[at] > found.agreement[-1] + 0.2  # the mean of all agrees by a quarter
    assert f"μ = {found.mu:.3g}, chosen on 40 cases" in found.sentence()


def test_where_no_label_is_in_z_the_largest_mu_is_taken():
    """Labels by chance: no mixture agrees better than another, so the steadiest is as good."""
    generator = torch.Generator().manual_seed(0)
    h, valid = torch.randn(60, 3, generator=generator), torch.randn(200, 3, generator=generator)
    y = torch.arange(60) % 2
    found = choose_mu(valid, h, y_valid=torch.zeros(200).long(), y_train=y * 0)
    assert found.mu == found.candidates[-1]
    assert found.is_at_end
    assert "at the end of what was tried" in found.sentence()


def test_by_reconstruction_the_mixture_is_as_loose_as_it_may_be():
    (h, _), (valid, _) = clumps(80, 0), clumps(40, 1)
    strict, loose = (choose_mu(valid, h, criterion="reconstruction", most_left_over=share) for share in (0.05, 0.5))
    assert strict.mu < loose.mu
    for found, share in ((strict, 0.05), (loose, 0.5)):
        at = found.candidates.tolist().index(found.mu)
        assert found.left_over[at] <= share < found.left_over[at + 1]
        assert np.isnan(found.agreement).all()
    assert (np.diff(strict.left_over) > 0).all()
    assert (np.diff(strict.n_effective) > 0).all()


def test_units_of_z_change_mu_with_their_square_and_unlabelled_cases_are_passed_over():
    (h, y), (valid, y_valid) = clumps(80, 0), clumps(40, 1)
    plain = choose_mu(valid, h, y_valid=y_valid, y_train=y)
    scaled = choose_mu(10 * valid, 10 * h, y_valid=y_valid, y_train=y)
    assert scaled.mu == pytest.approx(100 * plain.mu)
    more = torch.cat([y_valid, torch.full((7,), -1)])
    found = choose_mu(torch.cat([valid, torch.randn(7, 2)]), h, y_valid=more, y_train=y)
    assert found.n_cases == 40
    assert found.mu == plain.mu
    np.testing.assert_allclose(found.agreement, plain.agreement, atol=1e-9)


def test_what_mu_cannot_be_chosen_of_is_refused():
    (h, y), (valid, _) = clumps(20, 0), clumps(10, 1)
    with pytest.raises(ExamplesError, match="needs labels"):
        choose_mu(valid, h)
    with pytest.raises(ExamplesError, match="needs labels of 2"):
        choose_mu(valid, h, y_valid=torch.full((10,), -1), y_train=y)
    with pytest.raises(ExamplesError, match="1 validation and 20 training"):
        choose_mu(valid[:1], h, criterion="reconstruction")
    with pytest.raises(ValueError, match="expected numbers above 0"):
        choose_mu(valid, h, criterion="reconstruction", candidates=[0, 1])
    with pytest.raises(ValueError, match="expected one of labels, reconstruction"):
        choose_mu(valid, h, criterion="entropy")
    with pytest.raises(ValueError, match="training cases that differ"):
        choose_mu(valid, torch.ones(5, 2), criterion="reconstruction")

"""Cancelled and gone on with: the same scores as in one go, nothing computed twice, and other cases refused."""

from pathlib import Path

import numpy as np
import pytest

from analysis.examples.importance import ExampleImportance
from analysis.examples.influence import TruncatedSeries, measure_influence
from analysis.examples.sample_losses import OutputLoss
from analysis.examples.samples import samples_of
from analysis.examples.tracin import trace_training
from analysis.examples.unfinished import read_importance, save_importance
from tests.analysis.examples.small_models import autoencoder, pictures
from xaae_core.errors import ExamplesError

TRAIN, TEST = samples_of(pictures(23, 1)), samples_of(pictures(9, 2))
MEMORY = 30_000
"""So little that explained cases are taken in several blocks."""


class StopAt:
    """A progress that has enough after a share of the work."""

    def __init__(self, share: float) -> None:
        self.share, self.last = share, 0

    def __call__(self, done: int, n: int) -> None:
        self.last = done
        if done > self.share * n:
            raise KeyError("enough")


def trace(**kwargs) -> ExampleImportance:
    return trace_training(autoencoder(), TRAIN, TEST, loss=OutputLoss(), memory=MEMORY, **kwargs)


@pytest.mark.parametrize("share", [0.25, 0.6, 0.9])
def test_tracin_goes_on_where_it_stopped_from_a_file(tmp_path: Path, share: float):
    whole = trace()
    part = trace(progress=StopAt(share), keep_finished=True)
    assert not part.is_complete
    assert part.scores.size < whole.scores.size
    kept = read_importance(save_importance(tmp_path / "kept.npz", part))
    np.testing.assert_array_equal(kept.scores, part.scores)
    assert (kept.method, dict(kept.parameters), kept.notes) == (part.method, dict(part.parameters), part.notes)
    steps = StopAt(2)
    found = trace(finished=kept, progress=steps)
    np.testing.assert_allclose(found.scores, whole.scores, rtol=1e-5, atol=1e-9)
    assert found.is_complete
    assert found.notes == whole.notes
    assert found.test_ids.tolist() == TEST.ids.tolist()
    all_steps = StopAt(2)
    trace(progress=all_steps)
    assert steps.last < all_steps.last


def test_columns_of_a_block_are_kept_and_only_the_others_computed():
    """With one block of explained cases, whole rows are there only at the end: what is kept are columns."""
    big = samples_of(pictures(600, 1))
    model, seen = autoencoder(), []
    whole = trace_training(model, big, TEST, loss=OutputLoss())
    part = trace_training(model, big, TEST, loss=OutputLoss(), progress=StopAt(0.7), keep_finished=True)
    assert part.scores.shape == (9, 512)
    found = trace_training(
        model, big, TEST, loss=OutputLoss(), finished=part, progress=lambda done, n: seen.append((done, n))
    )
    np.testing.assert_allclose(found.scores, whole.scores, rtol=1e-4, atol=1e-8)
    assert seen[-1] == (88 + 9, 88 + 9)


@pytest.mark.parametrize("mode", [None, TruncatedSeries(scale=1.0, depth=20)])
def test_influence_goes_on_with_the_curvature_of_all_cases(mode):
    settings = {"loss": OutputLoss(), "mode": mode, "memory": 60_000}
    train, test = samples_of(TRAIN.x[:9]), TEST
    whole = measure_influence(autoencoder(), train, test, **settings)
    part = measure_influence(autoencoder(), train, test, **settings, progress=StopAt(0.6), keep_finished=True)
    assert part.scores.shape == (6, 9)
    found = measure_influence(autoencoder(), train, test, **settings, finished=part)
    assert found.is_complete
    np.testing.assert_allclose(found.scores, whole.scores, atol=2e-3 * np.abs(whole.scores).max())


def test_stopped_twice_it_is_still_what_it_says():
    whole = trace()
    part = trace(progress=StopAt(0.3), keep_finished=True)
    more = trace(finished=part, progress=StopAt(0.5), keep_finished=True)
    assert part.scores.size <= more.scores.size < whole.scores.size
    n, m = more.scores.shape
    np.testing.assert_allclose(more.scores, whole.scores[:n, :m], rtol=1e-5, atol=1e-9)
    assert f"cancelled: {n} of 9 cases against {m} of 23" in more.notes[0]
    assert sum(note.startswith("cancelled") for note in more.notes) == 1
    np.testing.assert_allclose(trace(finished=more).scores, whole.scores, rtol=1e-5, atol=1e-9)


def test_other_cases_other_settings_and_other_files_are_refused(tmp_path: Path):
    part = trace(progress=StopAt(0.6), keep_finished=True)
    with pytest.raises(ExamplesError, match="of other training cases"):
        trace_training(
            autoencoder(),
            samples_of(TRAIN.x, None, [f"b{n}" for n in range(23)]),
            TEST,
            loss=OutputLoss(),
            finished=part,
        )
    with pytest.raises(ExamplesError, match=r"ran otherwise \(parameters encoder → last_block"):
        trace(finished=part, parameters="last_block")
    with pytest.raises(ExamplesError, match="method TracIn → influence"):
        measure_influence(autoencoder(), TRAIN, TEST, loss=OutputLoss(), finished=part)
    (tmp_path / "bad.npz").write_bytes(b"no archive")
    with pytest.raises(ExamplesError, match="delete it and start anew"):
        read_importance(tmp_path / "bad.npz")

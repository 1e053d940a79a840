"""Finished parts stay: after Ctrl-C, beside other settings, and where a file is damaged."""

from pathlib import Path

import numpy as np
import pytest

from analysis.experiments.catalogue import EXPERIMENTS
from analysis.experiments.parts import Part, PartStore, run_parts
from analysis.experiments.plans import examples, features, roar
from analysis.experiments.setup import Scale, staged
from tests.analysis.experiments.tiny_networks import SCALE, tiny_setup, tiny_signals

SETTINGS = {"seed": 0}


def counting(n: int, done: list[int], stop_at: int | None = None) -> list[Part]:
    def work(number: int):
        def do(store, progress):
            if number == stop_at:
                raise KeyboardInterrupt
            done.append(number)
            return {"value": np.array(number)}

        return do

    return [Part(f"part-{number}", f"part {number}", work(number)) for number in range(n)]


def test_what_is_finished_is_kept_and_not_done_again(tmp_path: Path):
    store, done = PartStore(tmp_path, SETTINGS), []
    with pytest.raises(KeyboardInterrupt):
        run_parts(counting(4, done, stop_at=2), store)
    assert done == [0, 1]
    assert [store.has(f"part-{number}") for number in range(4)] == [True, True, False, False]
    assert run_parts(counting(4, done), store) == 2
    assert done == [0, 1, 2, 3]
    assert [int(store.read(f"part-{number}", "value")) for number in range(4)] == done
    assert store.seconds("part-0") >= 0


def test_other_settings_share_nothing(tmp_path: Path):
    run_parts(counting(1, []), PartStore(tmp_path, SETTINGS))
    assert not PartStore(tmp_path, {"seed": 1}).has("part-0")


def test_a_damaged_part_is_made_again(tmp_path: Path):
    store, done = PartStore(tmp_path, SETTINGS), []
    run_parts(counting(2, done), store)
    file = store.folder / "part-1.npz"
    file.write_bytes(file.read_bytes()[:100])
    assert run_parts(counting(2, done), store) == 1
    assert done == [0, 1, 1]


def test_what_a_killed_process_left_is_removed(tmp_path: Path):
    store = PartStore(tmp_path, SETTINGS)
    run_parts(counting(1, []), store)
    left = store.folder / ".part-1-0123456789ab.npz"
    left.write_bytes(b"half")
    run_parts(counting(2, []), store)
    assert not left.exists()
    assert sorted(file.name for file in store.folder.iterdir()) == ["part-0.npz", "part-1.npz", "settings.json"]


def test_two_parts_of_one_name_are_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="same name"):
        run_parts(counting(1, []) * 2, PartStore(tmp_path, SETTINGS))


@pytest.mark.parametrize("plan", [features, examples, roar])
def test_a_second_call_of_an_experiment_gives_the_same_numbers_as_one_without_a_stop(plan, tmp_path: Path):
    setup = tiny_setup()
    whole, stopped = PartStore(tmp_path / "a", SETTINGS), PartStore(tmp_path / "b", SETTINGS)
    run_parts(plan.parts_of(setup), whole)
    run_parts(plan.parts_of(setup)[:1], stopped)
    run_parts(plan.parts_of(setup), stopped)
    assert plan.collect(setup, whole).rows() == plan.collect(setup, stopped).rows()


def test_more_runs_add_to_those_that_are_there(tmp_path: Path):
    few, more = tiny_setup(), tiny_setup(scale=Scale(24, 8, 12, 2, 3, runs=3, batch_size=8))
    assert few.settings == more.settings
    store = PartStore(tmp_path, few.settings)
    run_parts(features.parts_of(few), store)
    assert run_parts(features.parts_of(more), store) == 2
    found = features.collect(more, store)
    assert found.shifts.shape[1] == 3
    assert len({float(run.sum()) for run in found.shifts[0]}) == 3  # each run is another network


def test_another_seed_is_another_experiment():
    first, second = tiny_setup(seed=0), tiny_setup(seed=1)
    assert first.settings != second.settings
    assert first.train_rows().tolist() != second.train_rows().tolist()


def test_heartbeats_are_learned_from_normal_ones_and_explained_on_others(tmp_path: Path):
    setup = tiny_setup(tiny_signals())
    train, explained = features._cases(setup)
    assert train[:, 5:].mean() < 0.5
    assert explained[:, 5:].mean() > 2.5
    store = PartStore(tmp_path, setup.settings)
    run_parts(features.parts_of(setup), store)
    found = features.collect(setup, store)
    assert found.feature == "time steps"
    assert found.shifts.shape == (5, 2, 6, SCALE.n_explained)
    np.testing.assert_allclose(found.shifts[:, :, -1], np.tile(found.shifts[:1, :, -1], (5, 1, 1)))


def test_stages_count_up_to_a_thousand():
    told = []
    first, second = staged(lambda done, n_all: told.append((done, n_all)), 1, 3)
    first(1, 2), first(2, 2), second(1, 3), second(3, 3)
    assert told == [(125, 1000), (250, 1000), (500, 1000), (1000, 1000)]


def test_every_experiment_says_what_it_mends_and_has_its_amounts():
    assert set(EXPERIMENTS) == {"consistency_features", "consistency_examples", "roar_test", "pretext", "disvae"}
    for experiment in EXPERIMENTS.values():
        assert experiment.mended
        assert set(experiment.scales) == {
            (kind, how) for kind in experiment.kinds for how in ("quick", "usual", "full")
        }
        assert experiment.parts(tiny_setup())

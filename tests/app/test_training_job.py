"""A training in a process of its own: it can be paused, stopped, killed and found again, and ends the same."""

import errno
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.training.files import FOLDER_NAME, STATUS_NAME, ProcessRecord, StatusRecord, write_record
from app.training.job import TrainingJob, find_jobs, free_name, read_job, start_job
from app.training.launch import is_alive
from app.training.run import run_training
from app.training.worker import failure_words
from tests.app.cli_folders import write_pictures
from tests.app.training_jobs import await_state, await_status, end_all, on_one_thread, process_of, tiny_request
from xaae_core.data.dataset import check_images
from xaae_core.errors import TrainingError
from xaae_core.latents import read_latents

REQUEST = tiny_request(epochs_ae=12)
# Starts a training and is killed at once.
STARTER = """
import json, os, signal, sys
from pathlib import Path
from app.training.job import start_job
from app.training.request import TrainingRequest
start_job(sys.argv[1], sys.argv[2], TrainingRequest.from_mapping(json.loads(sys.argv[3])))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        on_one_thread(patched)
        yield


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("pictures") / "squares", per_class=24)


@pytest.fixture(scope="module")
def uninterrupted(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the same training in one go, in this process."""
    out = tmp_path_factory.mktemp("uninterrupted") / "run"
    run_training(check_images(REQUEST.read_data(pictures)), out, REQUEST)
    return out


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "runs"
    end_all(tmp_path / "runs")


def assert_same_model(job: TrainingJob, out: Path) -> None:
    here, there = (read_latents(folder / "model.latents.parquet").z for folder in (job.folder, out))
    assert (here == there).all()


@pytest.mark.slow
def test_a_training_outlives_its_starter_a_pause_a_kill_and_a_stop_and_ends_as_one_without(
    pictures: Path, runs: Path, uninterrupted: Path
) -> None:
    settings = json.dumps(REQUEST.to_mapping())
    starter = subprocess.run([sys.executable, "-c", STARTER, pictures, runs / "run", settings], timeout=60)
    assert starter.returncode == -9
    (job,) = find_jobs(runs)
    assert (job.name, job.data, job.request) == ("run", pictures, REQUEST)
    assert_it_rests_in_a_pause(job)
    assert_it_is_taken_up_after_a_kill_and_a_stop(job)
    await_state(job, "finished")
    assert_same_model(job, uninterrupted)
    assert job.checkpoint.is_file()
    assert [(row.phase, row.epoch) for row in job.epochs()][:2] == [("adversarial", 1), ("autoencoder", 1)]
    assert len(job.samples()) == len(job.epochs()) == 16
    assert [figure.kind for figure in job.figures()] == ["tsne", "tsne", "pls"]
    assert all(0 < float(row.score_encoded or 0) < 1 and 0 < float(row.score_drawn or 0) < 1 for row in job.epochs())
    with pytest.raises(TrainingError, match="is finished"):
        job.restart()


def assert_it_rests_in_a_pause(job: TrainingJob) -> None:
    """Without using the processor, and without counting the time."""
    job.pause()
    assert await_state(job, "paused").phase == "adversarial"
    assert psutil.Process(process_of(job).pid).ppid() != os.getpid()
    before, seconds = process_of(job).cpu_times(), job.status().seconds
    time.sleep(1.2)
    after = process_of(job).cpu_times()
    assert (after.user + after.system) - (before.user + before.system) <= 0.1
    with pytest.raises(TrainingError, match="holds a training already"):
        start_job(job.data, job.folder, REQUEST)
    with pytest.raises(TrainingError, match="is running already"):
        job.restart()
    resumed = time.time()
    job.resume()
    status = await_state(job, "training")
    assert status.seconds - seconds <= status.updated - resumed + 0.5, "a pause of more than a second was counted"


def assert_it_is_taken_up_after_a_kill_and_a_stop(job: TrainingJob) -> None:
    await_status(job, lambda _: len(job.epochs()) >= 2)
    process_of(job).kill()
    while job.status().state not in ("lost", "finished"):
        time.sleep(0.05)
    assert job.status().state == "lost"
    assert "stopped unexpectedly" in job.status().message
    job.restart()
    await_status(job, lambda _: len(job.epochs()) >= 4)
    job.stop()
    assert await_state(job, "stopped").message.startswith("Stopped")
    assert not job.checkpoint.exists()
    assert read_job(job.folder).status().state == "stopped"
    job.restart()


def test_other_pictures_than_those_that_were_checked_are_refused(pictures: Path, runs: Path) -> None:
    job = start_job(pictures, runs / "run", REQUEST, fingerprint="0" * 64)
    status = await_state(job, "failed")
    assert "not those that were checked" in status.message
    assert str(pictures) in status.message


def test_what_cannot_be_trained_fails_in_its_own_words(pictures: Path, runs: Path) -> None:
    job = start_job(pictures, runs / "run", tiny_request(target="purple"))
    assert 'the target is "purple"' in await_state(job, "failed").message


def test_a_folder_with_a_finished_model_is_refused(pictures: Path, uninterrupted: Path) -> None:
    with pytest.raises(TrainingError, match="run-2"):
        start_job(pictures, uninterrupted, REQUEST)


def test_a_folder_that_cannot_be_made_is_refused(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match="cannot be written to"):
        start_job(pictures, tmp_path / "file" / "run", REQUEST)


def test_a_number_that_another_process_has_by_now_is_not_taken_for_the_training(pictures: Path, runs: Path) -> None:
    mine = psutil.Process()
    assert is_alive(ProcessRecord(pid=mine.pid, created=mine.create_time()))
    assert not is_alive(ProcessRecord(pid=mine.pid, created=mine.create_time() - 3600))


def test_a_status_that_was_torn_is_a_lost_training(pictures: Path, runs: Path) -> None:
    job = TrainingJob(runs / "run", pictures, REQUEST, "2026-01-01T00:00:00+00:00")
    assert job.status().state == "lost"
    write_record(job.folder / FOLDER_NAME / STATUS_NAME, StatusRecord(state="training"))
    assert job.status().state == "lost"
    (job.folder / FOLDER_NAME / STATUS_NAME).write_text("{")
    assert job.status().state == "lost"


def test_folders_without_a_training_are_not_listed(runs: Path) -> None:
    (runs / "other").mkdir(parents=True)
    (runs / "damaged").mkdir()
    (runs / "damaged" / "job.json").write_text("{")
    assert find_jobs(runs) == ()
    assert find_jobs(runs / "nowhere") == ()
    assert (free_name(runs, "new"), free_name(runs, "other")) == ("new", "other-2")


def test_failures_are_told_in_words(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert failure_words(TrainingError("lower lr_max"), log) == "lower lr_max"
    assert "disk is full" in failure_words(OSError(errno.ENOSPC, "No space left on device"), log)
    torn = RuntimeError("[enforce fail at inline_container.cc:671] . unexpected pos 15808 vs 15704")  # torch's own
    assert "disk is full" in failure_words(torn, log)
    assert "more memory than is free" in failure_words(MemoryError(), log)
    words = failure_words(RuntimeError("line one\nline two"), log)
    assert "line one line two" in words
    assert str(log) in words

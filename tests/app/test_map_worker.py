"""The process that computes maps: it is watched, cancelled and killed, and nothing breaks."""

import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from app.maps import MapRequest, MapStore
from app.maps.folder import MapFolder, digest_latents
from app.maps.task_queue import TaskQueue
from app.maps.worker_process import WorkerProcess
from tests.app.map_tables import random_table
from xaae_core.errors import ProjectionError

ROOT = Path(__file__).resolve().parents[2]
TSNE = MapRequest(method="tsne")
UMAP = MapRequest(method="umap", n_neighbors=5)
PCA = MapRequest(method="pca")
EVERYTHING = ("layout", "quality", "stability")
FEW = 40
MANY = 2000  # seconds on any computer
DONE_SECONDS = 60


@pytest.fixture(scope="module")
def queue():
    made = TaskQueue()
    yield made
    made.stop()


@pytest.fixture
def store(tmp_path, queue):
    return MapStore(tmp_path, queue=queue)


def wait_until(is_so, seconds=DONE_SECONDS):
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def finished(job):
    assert job.wait(DONE_SECONDS)
    return job.result()


def busy(job):
    wait_until(lambda: job.words.startswith("laying out: step"))
    return job


def cpu_seconds(pid):
    try:
        times = psutil.Process(pid).cpu_times()
        return times.user + times.system
    except psutil.NoSuchProcess:
        return 0.0


def is_gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_umap_is_warmed_up_without_anybody_waiting(store, queue):
    begun = time.monotonic()
    store.warm_up()
    waited = time.monotonic() - begun
    wait_until(lambda: queue.worker_pid is not None)
    assert finished(store.request(random_table(FEW), UMAP)).projection.method == "umap"
    assert waited < 0.05 * (time.monotonic() - begun), "somebody waited for the process that starts and compiles"
    begun = time.monotonic()
    finished(store.request(random_table(FEW, seed=3), UMAP))
    assert time.monotonic() - begun < 3  # compiling takes longer


def test_progress_goes_forward_and_the_layout_is_there_before_the_rest(store):
    table = random_table(FEW)
    job = store.request(table, MapRequest(method="umap", n_neighbors=5, parts=EVERYTHING))
    seen, words, partial = [], set(), None
    while not job.wait(0.01):
        seen.append(job.progress)
        words.add(job.words.split(":")[0])
        assert job.seconds_left >= 0
        partial = partial or job.partial()
    assert seen == sorted(seen)
    assert seen[0] >= 0
    assert seen[-1] < 1
    assert len(set(seen)) > 5
    assert (job.progress, job.seconds_left, job.words) == (1.0, 0.0, "")
    assert "laying out" in words
    assert partial is not None
    assert partial.stability is None
    result = job.result()
    assert partial.projection.points.tobytes() == result.projection.points.tobytes()
    assert result.projection.quality is not None
    assert result.stability.n_layouts == 3
    assert result.stability.aligned[0].tobytes() == result.projection.points.tobytes()
    assert store.request(
        table, MapRequest(method="umap", n_neighbors=5, seed=1, parts=("layout",))
    ).is_done  # one of the three


def test_cancel_acts_at_once_and_frees_the_processor(store, queue):
    job = busy(store.request(random_table(MANY), TSNE))
    pid, begun = queue.worker_pid, time.monotonic()
    job.cancel()
    assert job.is_done
    assert job.is_cancelled
    assert time.monotonic() - begun < 0.2
    time.sleep(0.8)
    spent = cpu_seconds(pid)
    time.sleep(0.5)
    assert cpu_seconds(pid) - spent < 0.1
    finished(store.request(random_table(FEW), PCA))


def test_what_somebody_else_waits_for_goes_on_when_one_cancels(store):
    table = random_table(FEW, seed=3)
    blocking = busy(store.request(random_table(MANY), TSNE))
    mine, theirs = store.request(table, UMAP), store.request(random_table(FEW, seed=3), UMAP)
    assert set(mine.tasks) == set(theirs.tasks)
    mine.cancel()
    blocking.cancel()
    assert mine.is_done
    assert not theirs.is_done
    assert finished(theirs).projection.quality is not None


def test_what_nobody_waits_for_any_more_is_dropped_unsaid(store, queue):
    """A session that has ended says nothing."""
    running, waiting = busy(store.request(random_table(MANY), TSNE)), store.request(random_table(MANY, seed=1), TSNE)
    last = store.request(random_table(FEW, seed=8), PCA)
    dropped = [*running.tasks, *waiting.tasks]
    del running, waiting
    gc.collect()
    begun = time.monotonic()
    finished(last)
    assert time.monotonic() - begun < 5
    assert {task.state for task in dropped} == {"dropped"}


def test_every_layout_comes_before_any_quality_and_that_before_other_seeds(store):
    blocking = busy(store.request(random_table(MANY), TSNE))
    first = store.request(random_table(FEW), MapRequest(method="tsne", parts=EVERYTHING))
    second = store.request(random_table(FEW, seed=1), MapRequest(method="tsne", parts=EVERYTHING))
    order = sorted({*first.tasks, *second.tasks}, key=lambda task: task.rank)
    kinds = [(task.wanted.part, task.wanted.request.seed) for task in order]
    assert kinds[:6] == [("layout", 0)] * 2 + [("neighbours", 0)] * 2 + [("quality", 0)] * 2
    assert kinds[6:] == [("layout", 1), ("layout", 2), ("stability", 0)] * 2
    wished = store.request(random_table(FEW, seed=1), MapRequest(method="tsne", seed=2))  # by a page of its own
    assert wished.tasks[0].rank[0] == 0
    assert wished.tasks[0] in second.tasks
    assert first.words == "waiting for other maps"
    assert first.seconds_left > 0
    for job in (blocking, first, second, wished):
        job.cancel()


def test_the_worker_lets_the_pages_go_first(store, queue):
    finished(store.request(random_table(FEW, seed=5), PCA))
    worker = psutil.Process(queue.worker_pid)
    assert worker.nice() == min(19, psutil.Process().nice() + 10)
    spare = str(max(1, len(os.sched_getaffinity(0)) - 1))
    assert worker.environ()["OPENBLAS_NUM_THREADS"] == os.environ.get("OPENBLAS_NUM_THREADS", spare)


@pytest.mark.parametrize("is_deaf", [False, True])
def test_the_worker_ends_with_its_server_even_when_that_is_killed(tmp_path, is_deaf):
    command = [sys.executable, "-m", "tests.app.map_server", str(tmp_path)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    pid = int(server.stdout.readline())
    assert cpu_seconds(pid) > 0
    if is_deaf:
        os.kill(pid, signal.SIGSTOP)
    server.kill()
    server.communicate()
    wait_until(lambda: is_gone(pid), seconds=2)


def test_the_worker_ends_when_nobody_can_give_it_orders():
    command = [sys.executable, "-P", "-m", "app.maps.worker", str(os.getpid())]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    worker.stdin.close()
    assert worker.wait(20) == 0


def test_what_a_worker_said_last_is_shown_when_it_ends():
    worker = WorkerProcess()
    worker.send({"number": 1})
    assert [reply for reply in worker.replies(1) if "done" in reply] == []
    why = worker.end()
    assert "exit code 1" in why
    assert "KeyError" in why


def test_a_killed_worker_is_explained_a_retry_works_and_gives_the_same_bits(store, tmp_path, queue):
    before = finished(MapStore(tmp_path / "before", queue=queue).request(random_table(FEW), UMAP)).projection
    table = random_table(MANY)
    job = busy(store.request(table, TSNE))
    os.kill(queue.worker_pid, signal.SIGKILL)
    assert job.wait(2)
    assert "signal 9" in job.error
    assert "memory" in job.error
    assert "once more" in job.error
    with pytest.raises(ProjectionError, match="signal 9"):
        job.result()
    folder = MapFolder(store.cache, digest_latents(table.z)).path
    assert not any(path.name.startswith(("tsne", ".")) for path in folder.iterdir())
    again = busy(store.request(table, TSNE))
    assert again.error == ""
    again.cancel()
    after = finished(store.request(random_table(FEW), UMAP)).projection
    assert after.points.tobytes() == before.points.tobytes()


def test_one_that_is_killed_before_it_begins_is_replaced_unsaid(store, queue):
    finished(store.request(random_table(FEW, seed=6), PCA))
    os.kill(queue.worker_pid, signal.SIGSTOP)  # it takes no order
    job = store.request(random_table(FEW, seed=7), PCA)
    time.sleep(0.2)
    os.kill(queue.worker_pid, signal.SIGKILL)
    assert finished(job).projection.quality is not None


def test_a_worker_that_does_not_hear_is_ended(store, queue):
    """Compiled code can keep the interpreter for longer than anybody waits."""
    job = busy(store.request(random_table(MANY), TSNE))
    pid = queue.worker_pid
    os.kill(pid, signal.SIGSTOP)
    job.cancel()
    wait_until(lambda: is_gone(pid), seconds=1)
    finished(store.request(random_table(FEW), PCA))
    assert queue.worker_pid != pid

"""Maps on disk: the same request is computed once, what is damaged is computed anew, what is old makes room."""

import gc
import os
import resource
import threading
import time
import weakref
from dataclasses import replace

import numpy as np
import pytest

from analysis.projections import project
from app.background import WorkCancelledError
from app.maps import MapRequest, MapStore
from app.maps.folder import MapFolder, digest_latents
from app.maps.room import make_room
from app.maps.task_queue import TaskQueue
from tests.app.map_tables import random_table
from xaae_core.errors import ProjectionError

PCA = MapRequest(method="pca")
DONE_SECONDS = 30


@pytest.fixture(scope="module")
def queue():
    made = TaskQueue()
    yield made
    made.stop()


@pytest.fixture
def store(tmp_path, queue):
    return MapStore(tmp_path, queue=queue)


def finished(job):
    assert job.wait(DONE_SECONDS)
    return job.result()


def files_of(store, table):
    folder = MapFolder(store.cache, digest_latents(table.z)).path
    return {path.name: path for path in folder.iterdir()} if folder.exists() else {}


def test_a_request_survives_json():
    request = MapRequest(method="umap", seed=3, n_neighbors=7, fitted=100, parts=("stability",))
    assert MapRequest.from_mapping(request.to_mapping()) == request
    assert request.parts == ("layout", "neighbours", "stability")
    with pytest.raises(ValueError, match="unknown"):
        MapRequest.from_mapping({**request.to_mapping(), "colour": 1})


@pytest.mark.parametrize(
    ("change", "is_another_map"),
    [
        ({"seed": 1}, True),
        ({"n_neighbors": 5}, True),
        ({"min_dist": 0.5}, True),
        ({"fitted": 50}, True),
        ({"perplexity": 5.0}, False),  # nothing that UMAP looks at
        ({"parts": ("layout", "stability")}, False),
        ({"method": "tsne"}, True),
    ],
)
def test_settings_that_the_method_looks_at_name_the_file(change, is_another_map):
    request = MapRequest(method="umap")
    assert (replace(request, **change).key("0" * 64) != request.key("0" * 64)) == is_another_map


@pytest.mark.parametrize(
    "wrong", [{"method": "mds"}, {"method": "umap", "parts": ()}, {"method": "umap", "parts": "x"}]
)
def test_a_request_for_nothing_known_is_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        MapRequest(**wrong)


def test_the_same_request_is_computed_once_and_kept_for_the_next_server(store, tmp_path):
    table = random_table()
    first = finished(store.request(table, PCA))
    written = {name: path.stat().st_ino for name, path in files_of(store, table).items()}
    again = store.request(random_table(), PCA)
    assert again.is_done
    assert (again.progress, again.words, again.seconds_left, again.error) == (1.0, "", 0.0, "")
    other_server = MapStore(tmp_path, queue=TaskQueue()).request(random_table(), PCA)
    assert other_server.is_done
    for result in (again.result(), other_server.result()):
        assert result.projection.points.tobytes() == first.projection.points.tobytes()
        np.testing.assert_array_equal(result.neighbours.indices, first.neighbours.indices)
    assert {name: path.stat().st_ino for name, path in files_of(store, table).items()} == written


def test_a_result_is_what_the_library_makes_with_the_names_of_the_table_that_asks(store):
    table, renamed = random_table(), random_table(name="patient")
    result, own = finished(store.request(table, PCA)), project(table, "pca")
    assert result.projection.points.tobytes() == own.points.tobytes()
    assert result.projection.quality.trustworthiness == pytest.approx(own.quality.trustworthiness)
    np.testing.assert_array_equal(result.projection.quality.kept, own.quality.kept)
    assert (result.projection.checkpoint_sha256, result.projection.data_fingerprint) == ("model", "data")
    assert result.stability is None
    theirs = store.request(renamed, PCA)
    assert theirs.is_done  # the latents are the same
    assert theirs.result().projection.ids.tolist() == renamed.ids.tolist()


def test_a_layout_that_was_made_already_is_rated_only(store):
    table = random_table()
    layout = project(table, "pls", rate=False)
    job = store.request(table, MapRequest(method="pls"), layout=layout)
    result = finished(job)
    assert result.projection.points.tobytes() == layout.points.tobytes()
    assert result.projection.quality.k == 10
    assert result.projection.plane is not None
    assert store.request(table, MapRequest(method="pls"), layout=layout).is_done
    with pytest.raises(ValueError, match="labels"):
        store.request(table, MapRequest(method="pls"))
    with pytest.raises(ValueError, match="80 cases"):
        store.request(random_table(70), MapRequest(method="pls"), layout=layout)


@pytest.mark.parametrize("damage", ["cut", "emptied", "changed", "nonsense"])
def test_damaged_files_are_removed_and_computed_anew(store, damage):
    table = random_table()
    first = finished(store.request(table, PCA)).projection
    for path in files_of(store, table).values():
        content = path.read_bytes()
        middle = len(content) // 2
        path.write_bytes(
            {
                "cut": content[:middle],
                "emptied": b"",
                "changed": content[:middle] + bytes([content[middle] ^ 0xFF] * 8) + content[middle + 8 :],
                "nonsense": b"PAR1 nothing of the kind",
            }[damage]
        )
    fresh = random_table()
    job = store.request(fresh, PCA)
    result = finished(job)
    assert result.projection.points.tobytes() == first.points.tobytes()
    np.testing.assert_array_equal(result.projection.quality.kept, first.quality.kept)


def test_latents_that_are_damaged_on_disk_never_make_a_map(store):
    table = random_table()
    folder = MapFolder(store.cache, digest_latents(table.z))
    folder.write_latents(table.z)
    assert folder.read_latents().tobytes() == table.z.tobytes()
    content = bytearray(folder.latents.read_bytes())
    content[-1] ^= 1
    folder.latents.write_bytes(content)
    with pytest.raises(ProjectionError, match="once more"):
        folder.read_latents()
    assert not folder.latents.exists()


def test_latents_that_allow_no_map_fail_at_once_in_the_librarys_words(store):
    table = random_table()
    z = table.z.copy()
    z[[3, 5]] = np.nan
    for bad in (replace(table, z=z), table.rows(np.arange(3)), replace(table, z=np.ones_like(z))):
        with pytest.raises(ProjectionError) as theirs:
            project(bad, "pca")
        job = store.request(bad, PCA)
        assert job.is_done
        assert job.error == str(theirs.value)
        with pytest.raises(ProjectionError, match=job.error[:20]):
            job.result()
        assert job.partial() is None
    assert "case 3, case 5" in store.request(replace(table, z=z), PCA).error


def test_settings_that_the_library_refuses_come_back_as_its_own_error(store):
    table = random_table()
    request = MapRequest(method="tsne", perplexity=0.5)
    with pytest.raises(ValueError, match="perplexity") as theirs:
        project(table, "tsne", perplexity=0.5)
    job = store.request(table, request)
    assert job.wait(DONE_SECONDS)
    assert job.error == str(theirs.value)
    with pytest.raises(ValueError, match="perplexity"):
        job.result()


def test_the_latents_are_hashed_once_a_table_and_not_kept_alive(store, monkeypatch):
    table, n_hashed = random_table(), []
    monkeypatch.setattr("app.maps.opened.digest_latents", lambda z: n_hashed.append(1) or digest_latents(z))
    finished(store.request(table, PCA))
    store.request(table, PCA)
    assert len(n_hashed) == 1
    is_alive = weakref.ref(table)
    del table
    gc.collect()
    assert is_alive() is None


def test_a_result_that_is_asked_for_too_early_says_so(store):
    job = store.request(random_table(seed=9), PCA)
    job.cancel()
    with pytest.raises(WorkCancelledError):
        job.result()


def test_a_full_disk_is_named_and_leaves_nothing_broken(store, queue):
    table = random_table(2000, 32, seed=4)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))  # z.npy has 256 kB
    try:
        job = store.request(table, PCA)
        assert job.wait(DONE_SECONDS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "the disk is full: free some space" in job.error
    assert str(store.cache) in job.error
    with pytest.raises(ProjectionError):
        job.result()
    assert files_of(store, table) == {}
    finished(store.request(table, PCA))


def test_a_disk_that_is_full_for_the_worker_is_named_too(store, queue):
    finished(store.request(random_table(), PCA))
    table = random_table(3000, 4, seed=5)
    resource.prlimit(queue.worker_pid, resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
    job = store.request(table, PCA)  # z.npy has 48 kB, the neighbours 360 kB
    assert job.wait(DONE_SECONDS)
    assert "the disk is full" in job.error
    assert all(not name.startswith((".", "neighbours")) for name in files_of(store, table))
    resource.prlimit(queue.worker_pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    finished(store.request(table, PCA))


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path, queue):
    (tmp_path / "maps").write_text("a file where the folder should be")
    job = MapStore(tmp_path, queue=queue).request(random_table(), PCA)
    assert job.wait(DONE_SECONDS)
    assert "cannot be kept in" in job.error


def test_what_was_not_used_for_longest_makes_room_and_what_is_in_use_stays(tmp_path):
    now = time.time()
    ages = {"a/old.parquet": 9000, "a/newer.parquet": 5000, "b/z.npy": 2000, "b/in-use.npz": 60, "b/.left-1.npz": 1e6}
    for name, age in ages.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(1000))
        os.utime(path, (now - age, now - age))

    def kept(most_bytes):
        make_room(tmp_path, most_bytes)
        return {path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*/*")}

    everything = set(ages)
    assert kept(10_000) == everything - {"b/.left-1.npz"}
    assert kept(3500) == {"a/old.parquet", "a/newer.parquet", "b/in-use.npz"}  # the latents are at hand anyway
    assert kept(2000) == {"a/newer.parquet", "b/in-use.npz"}
    assert kept(0) == {"b/in-use.npz"}


def test_many_threads_that_ask_for_the_same_share_one_computation(store, queue):
    table, jobs, gate = random_table(seed=6), [], threading.Barrier(6)

    def ask():
        gate.wait()
        jobs.append(store.request(table, PCA))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results = [finished(job) for job in jobs]
    tasks = {task for job in jobs for task in job.tasks}
    assert len(tasks) <= 3  # layout, neighbours, quality; fewer for those who came later
    assert len({id(result.projection) for result in results}) == 1

"""Memory is kept for as long as anybody holds the heap, and the blocks of a step are then not asked for again."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from xaae_core import kept_heap as module
from xaae_core.kept_heap import is_heap_kept, kept_heap

NEEDS_GLIBC = pytest.mark.skipif(module._glibc() is None, reason="only glibc can be told to keep memory")
STEPS = """
import resource, torch
from contextlib import nullcontext
from xaae_core.kept_heap import kept_heap
torch.set_num_threads(1)
def faults(): return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def step(): torch.ones(2**24).add(1)  # two blocks of 64 MiB, each of which glibc would hand back
with {way}():
    for _ in range(4): step()
    before = faults()
    for _ in range(4): step()
    print(faults() - before)
"""


@NEEDS_GLIBC
def test_the_heap_is_kept_until_the_last_one_leaves():
    assert not is_heap_kept()
    with kept_heap():
        with kept_heap():
            assert is_heap_kept()
        assert is_heap_kept()
    assert not is_heap_kept()


@NEEDS_GLIBC
def test_it_decorates_and_ends_with_an_error():
    @kept_heap()
    def fail():
        assert is_heap_kept()
        raise KeyError("on purpose")

    for _ in range(2):
        with pytest.raises(KeyError, match="on purpose"):
            fail()
        assert not is_heap_kept()


def test_threads_hold_it_together():
    def hold(_):
        with kept_heap():
            return float(torch.ones(1000).sum())

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(hold, range(40))) == {1000.0}
    assert module._n_holders == 0
    assert not is_heap_kept()


@NEEDS_GLIBC
def test_steps_ask_the_system_for_no_more_memory():
    kept, given_back = (pages_asked_for(way) for way in ("kept_heap", "nullcontext"))
    assert kept < given_back / 4


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(os, "confstr", lambda name: (_ for _ in ()).throw(ValueError(name)))
    with kept_heap():
        assert not is_heap_kept()
    assert module._n_holders == 0


def pages_asked_for(way: str) -> int:
    """Page faults of ten steps in a process of their own: what is tested must not depend on what ran before."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    done = subprocess.run(
        [sys.executable, "-c", STEPS.format(way=way)], capture_output=True, text=True, check=True, env=environment
    )
    return int(done.stdout)

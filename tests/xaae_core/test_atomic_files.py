"""A file is whole or not there, whatever happens while it is written."""

import os
import signal
import stat
import subprocess
import sys

import pytest

from xaae_core.atomic_files import atomic_path, write_text_atomically

KILLED = """
import os, signal, sys
from xaae_core.atomic_files import atomic_path
with atomic_path(sys.argv[1]) as temporary:
    with temporary.open("w") as file:
        file.write("half")
        file.flush()
        if sys.argv[2] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    return path


@pytest.mark.parametrize("what", ["kill", "finish"])
def test_a_process_killed_while_writing_leaves_the_old_file(target, what):
    done = subprocess.run([sys.executable, "-c", KILLED, target, what], timeout=60, check=False)
    assert done.returncode == (-signal.SIGKILL if what == "kill" else 0)
    assert target.read_text() == ("old" if what == "kill" else "half")


def test_an_exception_leaves_the_old_file_and_nothing_else(target):
    def fail():
        with atomic_path(target) as temporary:
            temporary.write_text("half")
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        fail()
    assert target.read_text() == "old"
    assert os.listdir(target.parent) == ["file.txt"]


def test_folders_are_made_and_the_temporary_name_keeps_the_ending(tmp_path):
    with atomic_path(tmp_path / "a" / "b" / "c.png") as temporary:
        assert temporary.suffix == ".png"
        assert temporary.parent == tmp_path / "a" / "b"
        temporary.write_bytes(b"x")
    assert os.listdir(tmp_path / "a" / "b") == ["c.png"]


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_permissions_are_those_of_an_ordinary_file(tmp_path, mask):
    old = os.umask(mask)
    try:
        path = write_text_atomically(tmp_path / "c.json", "ü")
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask
    assert path.read_text(encoding="utf-8") == "ü"


def test_two_writers_at_once_do_not_mix(target):
    with atomic_path(target) as first, atomic_path(target) as second:
        first.write_text("first")
        second.write_text("second")
        assert first != second
    assert target.read_text() == "first"  # the outer block ends last
    assert os.listdir(target.parent) == ["file.txt"]

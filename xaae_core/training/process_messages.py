"""What processes tell each other beside numbers: that the main one is done, and why one has failed.

They write it to the store through which the launcher brought them together. Waiting there costs no time-out, unlike
in a collective operation: the main process may draw figures, or be paused, for as long as it likes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import torch.distributed as dist
from torch.distributed.distributed_c10d import PrefixStore, _get_default_store

from xaae_core.errors import LostProcessError

_LOOK = timedelta(seconds=1)
_PATIENCE = 2.0
"""Seconds to wait for the word of a process that has gone, or for the others to hear ours."""
_CALLBACK = ":\n\t"
"""Stands between what fastai puts before the message of an error in a callback, and the message."""
_KEPT = 1000
"""Messages that are kept for slower processes."""
_DONE = "done"


class ProcessMessages:
    """Messages between the processes of torch's process group.

    Args:
        rank: number of this process, from 0.
        n: number of processes.
    """

    def __init__(self, rank: int, n: int) -> None:
        self.rank, self.n = rank, n
        self._store = PrefixStore("xaae", _get_default_store())
        self._n_acts = self._n_guards = self._depth = 0

    @contextmanager
    def main_acts(self) -> Iterator[None]:
        """In the main process: inside, the others wait; an error is passed on to them."""
        self._n_acts += 1
        key = f"act/{self._n_acts}"
        try:
            yield
        except BaseException as error:
            self._store.set(key, _in_words(error))
            raise
        self._store.set(key, _DONE)
        with suppress(RuntimeError):
            self._store.delete_key(f"act/{self._n_acts - _KEPT}")

    def wait_for_main(self) -> None:
        """In the others: wait until the main process has acted.

        Raises:
            LostProcessError: it failed, or a process has ended.
        """
        self._n_acts += 1
        key = f"act/{self._n_acts}"
        while not self._has(key):
            self._raise_failure()
        said = self._store.get(key).decode()
        if said != _DONE:
            raise LostProcessError(f"the main process ended the training: {said}")

    @contextmanager
    def losses_told(self) -> Iterator[None]:
        """Around an exchange of numbers: where it breaks off, say which process has ended, and why."""
        try:
            yield
        except RuntimeError as error:
            end = time.monotonic() + _PATIENCE
            while time.monotonic() < end:
                self._raise_failure()
                time.sleep(0.05)
            raise self._lost() from error

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Tell the others of an error that ends this process' training; may be nested."""
        self._depth += 1
        if self._depth == 1:
            self._n_guards += 1
        try:
            yield
        except BaseException as error:
            if self._depth == 1:
                self._tell_failure(error)
            if isinstance(error, LostProcessError):
                raise LostProcessError(str(error).rpartition(_CALLBACK)[2]) from error
            raise
        finally:
            self._depth -= 1

    def _tell_failure(self, error: BaseException) -> None:
        """Say why, break off whatever the others wait for, and give them time to hear it."""
        with suppress(RuntimeError):  # the store may have gone with the main process
            if not isinstance(error, LostProcessError):
                self._store.set(f"failure/{self._n_guards}", f"process {self.rank} of {self.n}: {_in_words(error)}")
            self._store.add(f"ended/{self._n_guards}", 1)
            if dist.is_initialized():
                dist.destroy_process_group()
            end = time.monotonic() + _PATIENCE
            while self._store.add(f"ended/{self._n_guards}", 0) < self.n and time.monotonic() < end:
                time.sleep(0.05)

    def _raise_failure(self) -> None:
        try:
            if self._store.check([f"failure/{self._n_guards}"]):
                said = self._store.get(f"failure/{self._n_guards}").decode()
                raise LostProcessError(f"the training was ended by {said}")
        except RuntimeError as error:
            raise self._lost() from error

    def _has(self, key: str) -> bool:
        """Whether a message is there, after a while of waiting for it."""
        try:
            self._store.wait([key], _LOOK)
        except dist.DistStoreError:
            return False
        except RuntimeError as error:
            raise self._lost() from error
        return True

    def _lost(self) -> LostProcessError:
        return LostProcessError(
            f"another of the {self.n} processes has ended without a word (killed, out of memory, or the main process "
            "with a message of its own): the same call goes on after the last finished epoch"
        )


def _in_words(error: BaseException) -> str:
    words = str(error).rpartition(_CALLBACK)[2]
    return f"{type(error).__name__}: {words}" if words else type(error).__name__

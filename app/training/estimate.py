"""How long a training will take on this computer and how much memory it needs, measured before it is started."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from app.training.request import TrainingRequest
from xaae_core.errors import TrainingError

_LOOK_SECONDS = 0.2
_MOST_SECONDS = 300.0
_TIGHT = 0.85


@dataclass(frozen=True)
class Estimate:
    """What a training needs; measured on a few of its own steps.

    Attributes:
        seconds: until it is finished; early stopping may end it sooner.
        phases: phase → epochs at most, in order.
        per_epoch: phase → seconds an epoch; "measuring" is what comes after the last.
        memory: bytes at its peak, of the computer.
        memory_free: bytes that were free.
        device: "cpu", "cuda" or "mps".
        device_memory: bytes at its peak on a CUDA device; 0 elsewhere.
        device_memory_all: what the CUDA device has; 0 elsewhere.
        n_parameters: numbers that the model learns.
    """

    seconds: float
    phases: Mapping[str, int]
    per_epoch: Mapping[str, float]
    memory: int
    memory_free: int
    device: str
    device_memory: int
    device_memory_all: int
    n_parameters: int

    @property
    def fits(self) -> bool:
        """Whether the memory that is free is enough."""
        return self.memory <= self.memory_free and self.device_memory <= max(self.device_memory_all, 0)

    @property
    def is_tight(self) -> bool:
        """Whether it fits, with little to spare."""
        return self.fits and self.memory > _TIGHT * self.memory_free


def estimate_training(
    data: Path, request: TrainingRequest, *, report: Callable[[float], None] | None = None
) -> Estimate:
    """Measure a few steps of a training in a process of its own; takes some 10 to 30 seconds.

    Args:
        data: the folder or table.
        request: what would be trained.
        report: called a few times a second with the seconds so far; an exception it raises ends the measuring.

    Raises:
        TrainingError: what the training itself would refuse, in its own words; or the trial ended without a result.
    """
    text = json.dumps({"data": str(data.expanduser().absolute()), "request": request.to_mapping()})
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "app.training.trial"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        found = _await(process, text, report)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if "error" in found:
        raise TrainingError(str(found["error"]))
    return Estimate(
        seconds=float(found["seconds"]),
        phases=dict(found["phases"]),
        per_epoch=dict(found["per_epoch"]),
        memory=int(found["peak"]) + int(found["kept"]),
        memory_free=psutil.virtual_memory().available,
        device=str(found["device"]),
        device_memory=int(found["device_peak"]),
        device_memory_all=int(found["device_all"]),
        n_parameters=int(found["parameters"]),
    )


def _await(process: subprocess.Popen[str], text: str, report: Callable[[float], None] | None) -> dict[str, Any]:
    """What the trial printed last."""
    begun = time.monotonic()
    given: str | None = text
    while True:
        try:
            out, err = process.communicate(given, timeout=_LOOK_SECONDS)
            break
        except subprocess.TimeoutExpired:
            given = None  # it has been sent
            seconds = time.monotonic() - begun
            if seconds > _MOST_SECONDS:
                raise TrainingError(
                    f"a few steps took more than {_MOST_SECONDS / 60:.0f} minutes: choose smaller pictures, "
                    "smaller batches or a smaller encoder"
                ) from None
            if report is not None:
                report(seconds)
    lines = out.strip().splitlines()
    if process.returncode == 0 and lines:
        found: dict[str, Any] = json.loads(lines[-1])
        return found
    if process.returncode < 0:
        return {"error": "the trial was ended by the system, most likely for lack of memory: choose smaller pictures, "
                "smaller batches or a smaller encoder"}  # fmt: skip
    last = err.strip().splitlines()[-1:] or ["no reason given"]
    return {"error": f"the trial ended without a result ({last[0][:200]})"}

"""A few steps of a training, timed: run by `app.training.estimate` as a process of its own, whose memory counts."""

from __future__ import annotations

import json
import math
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from app.training.clock import MEASURING
from app.training.parts import build_loaders
from app.training.request import TrainingRequest
from app.training.way import Way, way_of
from xaae_core.errors import XaaeError
from xaae_core.signal_form import signal_form_of

if TYPE_CHECKING:
    from xaae_core.data.dataset import ImageDataset
    from xaae_core.training.progress import BatchProgress

N_STEPS = 4
_PHASE_SECONDS = 2.0
_TRIAL_SECONDS = 8.0
_ORDER = ("autoencoder", "contrastive", "adversarial", "classifier", "consistency", "sharpening")
_STATE_COPIES = 4  # weights, Adam's two moments, and the best weights
_FIGURE_SECONDS = 1.5
_FIGURE_SECONDS_A_POINT = 0.004


class _EnoughSeen(Exception):  # noqa: N818  (no error)
    """The steps that were wanted have been timed."""


class StepTimer:
    """An `on_batch` that times the steps after the first and ends the training after a few of them."""

    def __init__(self) -> None:
        self._times: list[float] = []

    def __call__(self, batch: BatchProgress) -> None:
        """Note the time; end where enough was seen."""
        self._times.append(time.perf_counter())
        is_long = self._times[-1] - self._times[0] > _PHASE_SECONDS
        if len(self._times) > 1 and (is_long or len(self._times) >= N_STEPS or batch.batch == batch.n_batches):
            raise _EnoughSeen("enough steps were timed")  # fastai needs a text in what a callback raises

    @property
    def seconds(self) -> float:
        """Of a step, on average."""
        return (self._times[-1] - self._times[0]) / max(1, len(self._times) - 1)


def measure_training(data: Path, request: TrainingRequest) -> dict[str, Any]:
    """Time the steps of each phase on a few pictures, and what is around them.

    Returns:
        phases: phase → epochs at most. per_epoch: phase → seconds. seconds: of everything. peak: memory in bytes of
        this process, without pictures kept in memory. kept: their bytes. device, device_peak, parameters.

    Raises:
        XaaeError: what the training itself would refuse.
    """
    import torch

    started = time.time() - psutil.Process().create_time()
    begun = time.perf_counter()
    dataset = request.read_data(data)
    reading = time.perf_counter() - begun
    request.target_in(dataset)
    way = way_of(request)
    model: Any = way.build(dataset)
    some = _some_pictures(dataset, way.batch_size)
    loaders = build_loaders(some, model, request)
    picture = _seconds(lambda: [loaders.train_ds[i] for i in range(min(8, len(loaders.train_ds)))]) / 8
    phases = way.phases()
    steps = _time_phases(way, model, some, loaders, phases)
    device = next(model.parameters()).device
    forward = _time_forward(model, way.batch_size, device)
    state = _STATE_COPIES * _time_state(model)
    n_train, n_valid, n_all = (len(dataset.rows("train")), len(dataset.rows("valid")), len(dataset))
    n_steps = n_train // way.batch_size
    per_epoch = {phase: n_steps * step + n_valid * forward + state for phase, step in steps.items()}
    per_epoch[MEASURING] = n_all * (forward + picture) + 2 * (_FIGURE_SECONDS + _FIGURE_SECONDS_A_POINT * n_valid)
    kept = min(n_train + n_valid, _most_kept(model)) * _picture_bytes(model)
    first_reading = (n_train + n_valid) * picture
    around = started + reading + n_all * picture + first_reading
    return {
        "phases": phases,
        "per_epoch": per_epoch,
        "seconds": around + sum(phases.get(name, 1) * seconds for name, seconds in per_epoch.items()),
        "peak": _peak_bytes() + _STATE_COPIES * _model_bytes(model),
        "kept": kept,
        "device": device.type,
        "device_peak": torch.cuda.max_memory_allocated(device) if device.type == "cuda" else 0,
        "device_all": torch.cuda.mem_get_info(device)[1] if device.type == "cuda" else 0,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }


def _some_pictures(dataset: ImageDataset, batch_size: int) -> ImageDataset:
    """Enough pictures of train for the steps, of every class, and a few of valid."""
    import numpy as np

    rows = [_spread(dataset, split, n) for split, n in (("train", (N_STEPS + 1) * batch_size), ("valid", 8))]
    return dataset.take(np.concatenate(rows))


def _spread(dataset: ImageDataset, split: str, n_wanted: int) -> Any:
    """Rows of a split, at most so many, from all over it in the order of the labels."""
    import numpy as np

    rows = dataset.rows(split)
    rows = rows[np.argsort(dataset.labels[rows], kind="stable")]
    return rows[np.unique(np.linspace(0, max(len(rows) - 1, 0), min(n_wanted, len(rows))).astype(int))]


def _time_phases(
    way: Way, model: Any, dataset: ImageDataset, loaders: Any, phases: Mapping[str, int]
) -> dict[str, float]:
    """Phase → seconds a step; where the time is up, the slowest seen stands for the others."""
    begun = time.perf_counter()
    steps: dict[str, float] = {}
    for phase in (phase for phase in _ORDER if phase in phases):
        if time.perf_counter() - begun > _TRIAL_SECONDS and steps:
            steps[phase] = max(steps.values())
        else:
            steps[phase] = _time_phase(way, model, dataset, loaders, phase)
    return {phase: steps[phase] for phase in phases}


def _time_phase(way: Way, model: Any, dataset: ImageDataset, loaders: Any, phase: str) -> float:
    """Seconds a step of one phase, by running its first steps."""
    timer = StepTimer()
    with suppress(_EnoughSeen):
        way.try_phase(model, loaders, dataset, phase, timer)
    return timer.seconds


def _time_forward(model: Any, batch_size: int, device: Any) -> float:
    """Seconds to encode one picture, and to decode it where the model can."""
    import torch

    from xaae_core.models.model_abilities import has_decoder

    images = torch.rand(batch_size, model.input_channels, *model.input_size, device=device)
    model.eval()
    with torch.no_grad():
        draw = model.decode if has_decoder(model) else (lambda z: z)
        return _seconds(lambda: float(draw(model.encode(images).z).mean())) / batch_size


def _time_state(model: Any) -> float:
    """Seconds to write the weights once."""
    from xaae_core.checkpoints import write_training_state

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.pth"
        return _seconds(lambda: write_training_state(path, {"model": model.state_dict()}))


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _picture_bytes(model: Any) -> int:
    n_values = int(model.input_channels * math.prod(model.input_size))
    return n_values if signal_form_of(model) is None else 4 * n_values  # signals are kept as float32


def _most_kept(model: Any) -> int:
    from xaae_core.data.pixel_sources import CACHE_BYTES

    return CACHE_BYTES // _picture_bytes(model)


def _model_bytes(model: Any) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in model.state_dict().values())


def _peak_bytes() -> int:
    """The most memory this process ever had."""
    try:
        import resource
    except ImportError:  # Windows
        return int(psutil.Process().memory_info().rss)
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main() -> int:
    """Read {"data", "request"} as JSON from stdin; print what was measured, or {"error"}, as the last line."""
    warnings.simplefilter("ignore")
    asked = json.load(sys.stdin)
    try:
        found = measure_training(Path(asked["data"]), TrainingRequest.from_mapping(asked["request"]))
    except XaaeError as error:
        found = {"error": str(error)}
    print(f"\n{json.dumps(found)}", flush=True)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""From a TracePayload to the one block of bytes the browser is sent: every step once, as 16-bit levels.

A step's traces are, for each channel, the value of level 0 (float32) and of one level more (float32), then the levels
(int16, little endian) of channel after channel. Each step has levels of its own, so that a step that arrives later
changes nothing of those that are there; a level is 1/65535 of the channel's range in that step.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.trace_extremes import Stretches, lane_scale
from app.components.path_viewer.block import Kind, pack_block
from app.components.path_viewer.trace_payload import TracePayload

MOST_LEVELS = 12_000_000
"""In one block, 24 MB; longer signals are sent as the least and greatest value of each stretch."""


@dataclass(frozen=True)
class EncodedTraces:
    """A path of signals as the browser is sent it.

    Attributes:
        path_id: of the payload.
        fingerprint: of the payload it was made from.
        start: where the viewer opens, in SD.
        blob: the bytes; equal payloads give equal bytes.
        scale: lowest and highest value on each channel's scale, in its unit [C, 2].
    """

    path_id: str
    fingerprint: str
    start: float
    blob: bytes = field(repr=False)
    scale: NDArray[np.float64] = field(repr=False)


def encode_traces(payload: TracePayload, *, start: float = 0.0, previous: EncodedTraces | None = None) -> EncodedTraces:
    """Make the block of bytes for a path of signals.

    Args:
        payload: the path, complete or in part.
        start: where the viewer opens, in SD; it has no effect on a viewer that is open already.
        previous: an earlier encoding; where its scales are wider they are kept, so that the scales of a path never
            shrink while steps arrive.
    """
    is_same = previous is not None and previous.path_id == payload.path_id
    scale = trace_scale(payload, at_least=previous.scale if previous is not None and is_same else None)
    n_traces = payload.form.n_channels * (len(payload.steps) + 1)
    points = Stretches.within(payload.form.length, max(2048, MOST_LEVELS // n_traces))
    frames: list[tuple[Kind, int, bytes]] = [("original", payload.origin, trace_levels(points.drawn(payload.original)))]
    frames += [
        ("decoded", k, trace_levels(points.drawn(payload.frames[k])))
        for k in np.flatnonzero(payload.is_computed).tolist()
    ]
    header = payload.words() | {
        "size": [payload.form.n_channels, points.n_points],
        "channels": 1,
        "samples_a_stretch": points.each,
        "scale": scale.tolist(),
        "start": start,
    }
    return EncodedTraces(payload.path_id, payload.fingerprint, start, pack_block(header, frames), scale)


def trace_levels(traces: NDArray[np.float32]) -> bytes:
    """Traces [C, P] as the bytes described above; each value is kept to half a level."""
    values = traces.astype(np.float64)
    low, high = values.min(axis=1), values.max(axis=1)
    step = np.where(high > low, (high - low) / 65535, 1.0)
    levels = np.rint((values - low[:, None]) / step[:, None]) - 32768
    base = low + 32768 * step  # the value of level 0
    return np.concatenate([base, step]).astype("<f4").tobytes() + levels.astype("<i2").tobytes()


def trace_scale(payload: TracePayload, *, at_least: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """The scale of each channel [C, 2], in its unit: it holds the original, every step, and every edit on the original.

    Args:
        payload: the path.
        at_least: a scale already shown, which is only widened.
    """
    frames = payload.frames[payload.is_computed]
    edits = payload.original + frames - payload.frames[payload.origin]
    scale = lane_scale([payload.original, frames, edits])
    if at_least is None:
        return scale
    return np.stack([np.minimum(scale[:, 0], at_least[:, 0]), np.maximum(scale[:, 1], at_least[:, 1])], axis=1)

"""The annotations of EDF+ and BDF+ files, and where a discontinuous recording has gaps."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from xaae_core.data.signals.edf_header import EdfHeader
from xaae_core.data.signals.signal_file import Annotation, Values

MOST_ANNOTATIONS = 1_000_000
_SAME = 1e-6  # seconds
_STAGE = "sleep stage"
_NOT_SCORED = frozenset({"sleep stage ?"})


@dataclass(frozen=True)
class EdfNotes:
    """What the annotation channels hold.

    Attributes:
        annotations: by their onset in seconds from the first sample; without time keeping. Gaps are taken out: times
            count samples.
        stretches: (start, stop) in seconds of the parts without a gap, gaps taken out; () where there is no gap.
        is_damaged: whether some of it could not be understood.
    """

    annotations: tuple[Annotation, ...] = ()
    stretches: tuple[tuple[float, float], ...] = ()
    is_damaged: bool = False


def read_edf_notes(records: Values, header: EdfHeader) -> EdfNotes:
    """Read the annotations of all data records.

    Args:
        records: uint8 [records, bytes of a record].
        header: of the file.
    """
    onsets: list[float] = []
    notes: list[Annotation] = []
    is_damaged, is_first, place = False, True, 0
    for channel in header.channels:
        n_bytes = channel.n_samples * header.sample_bytes
        if channel.is_notes:
            for record in records[:, place : place + n_bytes]:
                texts, is_bad = _parse_record(record.tobytes())
                is_damaged |= is_bad
                if is_first:  # the first entry of a record only says when the record begins
                    onsets.append(texts[0].onset if texts else float("nan"))
                notes += texts
                if len(notes) > MOST_ANNOTATIONS:
                    return EdfNotes(is_damaged=True)
            is_first = False
        place += n_bytes
    return _on_sample_time(onsets, notes, header, is_damaged)


def _parse_record(data: bytes) -> tuple[list[Annotation], bool]:
    """The entries of one record, time keeping (an empty text) too; and whether some are damaged."""
    entries, is_damaged = [], False
    for tal in data.split(b"\x14\x00"):
        tal = tal.strip(b"\x00")
        if not tal:
            continue
        time, *texts = tal.split(b"\x14")
        onset, _, duration = time.partition(b"\x15")
        try:
            start, length = float(onset), float(duration or b"0")
            words = [text.decode("utf-8") for text in texts] or [""]
        except ValueError:
            is_damaged = True
            continue
        if not (np.isfinite(start) and 0 <= length < float("inf")):
            is_damaged = True
            continue
        entries += [Annotation(start, length, word.strip()) for word in words]
    return entries, is_damaged


def _on_sample_time(onsets: list[float], notes: list[Annotation], header: EdfHeader, is_damaged: bool) -> EdfNotes:
    """Times from the first sample, gaps taken out."""
    real = _with_durations([note for note in notes if note.text])
    if not onsets or header.record_seconds == 0:
        return EdfNotes(tuple(real), (), is_damaged)
    starts = np.array(onsets)
    if not header.has_gaps or not np.isfinite(starts).all():
        first = starts[0] if np.isfinite(starts[0]) else 0.0
        shifted = [Annotation(note.onset - first, note.duration, note.text) for note in real]
        return EdfNotes(tuple(shifted), (), is_damaged or (header.has_gaps and not np.isfinite(starts).all()))
    breaks = np.flatnonzero(np.abs(np.diff(starts) - header.record_seconds) > _SAME) + 1
    edges = [0, *breaks.tolist(), len(starts)]
    stretches, moved = [], []
    for first, stop in pairwise(edges):
        place, length = first * header.record_seconds, (stop - first) * header.record_seconds
        stretches.append((place, place + length))
        for note in real:
            begin = max(note.onset, starts[first])
            end = min(note.onset + note.duration, starts[first] + length)
            if end > begin or (note.duration == 0 and starts[first] <= note.onset < starts[first] + length):
                moved.append(Annotation(float(begin - starts[first]) + place, float(max(0.0, end - begin)), note.text))
    return EdfNotes(tuple(moved), tuple(stretches) if len(stretches) > 1 else (), is_damaged)


def _with_durations(notes: list[Annotation]) -> list[Annotation]:
    """Sorted by onset; where no annotation says how long it lasts, each lasts until the next."""
    notes = sorted(notes, key=lambda note: note.onset)
    if not notes or any(note.duration for note in notes):
        return notes
    ends = [note.onset for note in notes[1:]] + [notes[-1].onset]
    return [
        Annotation(note.onset, max(0.0, end - note.onset), note.text) for note, end in zip(notes, ends, strict=True)
    ]


def label_notes(annotations: tuple[Annotation, ...]) -> tuple[Annotation, ...]:
    """Those annotations that are labels of windows: the sleep stages where there are any, otherwise all.

    Stretches that nobody scored ("Sleep stage ?") are none.
    """
    stages = tuple(note for note in annotations if note.text.lower().startswith(_STAGE))
    return tuple(note for note in stages or annotations if note.text.lower() not in _NOT_SCORED)

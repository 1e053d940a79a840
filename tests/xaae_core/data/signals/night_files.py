"""EDF nights drawn for the tests: sines of a known frequency, sleep stages of a known order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from edfio import Bdf, BdfSignal, Edf, EdfAnnotation, EdfSignal, Patient

STAGES = ("Sleep stage W", "Sleep stage N2", "Sleep stage R")
PATIENT = "Secret_Name"


def sine(hertz: float, rate: float, seconds: float) -> np.ndarray:
    return 50 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)


def write_night(
    path: Path,
    *,
    n_epochs: int = 6,
    rates: Sequence[float] = (100.0, 100.0),
    seconds: float = 30.0,
    stages: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    unit: str = "uV",
    is_bdf: bool = False,
    annotations: Sequence[tuple[float, float | None, str]] | None = None,
) -> Path:
    """A recording whose channel c is a sine of 2 + c Hz; each epoch has a stage."""
    labels = names or [f"EEG {number}" for number in range(1, len(rates) + 1)]
    stages = stages if stages is not None else [STAGES[i % 3] for i in range(n_epochs)]
    signal_class = BdfSignal if is_bdf else EdfSignal
    signals = [
        signal_class(
            sine(2 + c, rate, n_epochs * seconds),
            rate,
            label=label,
            physical_dimension=unit,
            physical_range=(-100, 100),
        )
        for c, (rate, label) in enumerate(zip(rates, labels, strict=True))
    ]
    noted = annotations if annotations is not None else [(seconds * i, seconds, text) for i, text in enumerate(stages)]
    (Bdf if is_bdf else Edf)(
        signals,
        annotations=[EdfAnnotation(*note) for note in noted],
        patient=Patient(name=PATIENT),
        data_record_duration=1,
    ).write(path)
    return path


def with_gaps(path: Path, starts: Sequence[int]) -> Path:
    """The recording as a discontinuous one (EDF+D), whose data records begin at these seconds (as many digits)."""
    data = path.read_bytes().replace(b"EDF+C", b"EDF+D", 1)
    for number, start in enumerate(starts):
        data = data.replace(b"+%d\x14\x14" % number, b"@%d\x14\x14" % start, 1)
    path.write_bytes(data.replace(b"@", b"+"))
    return path

"""One signal as a model takes it, and the one way to it from a file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from xaae_core.data.frames import split_frame
from xaae_core.data.signals.file_form import form_of
from xaae_core.data.signals.open_files import OPEN_FILES
from xaae_core.data.signals.reading_plan import ReadingPlan, plan_reading
from xaae_core.data.signals.signal_files import open_signal_file
from xaae_core.signal_form import SignalForm

if TYPE_CHECKING:
    from xaae_core.data.images import ImageSource

Samples = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True, eq=False)
class SignalData:
    """One signal.

    Attributes:
        values: float32 [C, T] as the model takes them: 0 and 1 are the form's `low` and `high`; read-only.
        form: what the signal looks like.
        name: the file's name, or what the caller called the signal.
        notes: what was left out or changed while reading, one sentence each.
    """

    values: Samples
    form: SignalForm
    name: str
    notes: tuple[str, ...] = ()

    @property
    def pixels(self) -> Samples:
        """The signal as a grey picture [1, C, T], as `SignalPictures` takes it."""
        return self.values[None]

    @property
    def source_size(self) -> tuple[int, int]:
        """(channels, samples)."""
        return self.form.n_channels, self.form.length

    def in_units(self) -> Samples:
        """The values [C, T] in the channels' units."""
        return self.form.in_units(self.values)


@dataclass(frozen=True)
class SignalRecipe:
    """How a model's signals are read, see `read_signal`.

    Attributes:
        form: what they must look like.
        resize: of pictures only.
        window: of pictures only.
    """

    form: SignalForm
    resize: ClassVar[Literal["pad"]] = "pad"
    window: ClassVar[None] = None

    @property
    def size(self) -> tuple[int, int]:
        """(channels, samples): that of the picture that a signal is to the pages."""
        return self.form.n_channels, self.form.length

    @property
    def channels(self) -> int:
        """1: that picture is grey."""
        return 1

    def read(self, source: ImageSource, *, name: str | None = None) -> SignalData:
        """Read a signal so: a path (perhaps with `#n`), an upload's bytes, or a stream.

        Raises:
            SignalError: it cannot be read or is not of the form; the message calls it `name`.
        """
        return read_signal(source, form=self.form, name=name)


def read_signal(source: ImageSource, *, form: SignalForm | None = None, name: str | None = None) -> SignalData:
    """Read one signal.

    Args:
        source: a path, perhaps ending in `#n`: signal n of a file of several, from 0; an upload's bytes; or a stream.
        form: what it must look like; what the file says if None.
        name: what messages call it; the file's name if None.

    Without `#n` a file of several signals, or a recording of several windows, gives its middle one, with a note.

    Raises:
        SignalError: it cannot be read, has no such case, is of another form, or holds values that are not finite;
            without a form: the file does not say its sampling rate, or is of several signals that no length was said
            of.
    """
    if not isinstance(source, str | os.PathLike):
        name = name or Path(str(getattr(source, "name", "uploaded signal"))).name
        file = open_signal_file(source, name, n_channels=None if form is None else form.n_channels)
        return _read_case(plan_reading(file, form or form_of(file)), None, name)
    where = split_frame(source)
    opened = OPEN_FILES.open(where.file, n_channels=None if form is None else form.n_channels)
    return _read_case(opened.plan(form or form_of(opened.file)), where.frame, name or Path(source).name)


def _read_case(plan: ReadingPlan, number: int | None, name: str) -> SignalData:
    values, notes = plan.read(number, name)
    scaled = plan.form.scaled(values)
    scaled.setflags(write=False)
    return SignalData(scaled, plan.form, name, notes)

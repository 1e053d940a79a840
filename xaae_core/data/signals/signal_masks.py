"""Masks of signals: which moments, of all channels or of each, somebody has marked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from xaae_core.data.frames import split_frame
from xaae_core.errors import MaskError
from xaae_core.signal_form import SignalForm

Mask = np.ndarray[Any, np.dtype[np.bool_]]


def read_signal_mask(path: str | Path, form: SignalForm) -> Mask:
    """Read the mask of a signal from a NumPy file.

    Args:
        path: of an .npy file, or an .npz file with one array; with `#n`, entry n of an array of several, from 0.
        form: of the signal.

    Returns:
        bool [C, T], read-only: inside is what is not 0. A mask [T] is that of every channel.

    Raises:
        MaskError: it cannot be read, or is not of the signal's channels and samples.
    """
    where = split_frame(path)
    name = where.file.name
    values = _load(where.file)
    if where.frame is not None:
        if not (values.ndim > 1 and where.frame < len(values)):
            raise MaskError(f"{name}#{where.frame}: the file has the shape {values.shape}; expected more masks")
        values = values[where.frame]
    shape = (form.n_channels, form.length)
    if values.shape not in (shape, shape[1:]):
        raise MaskError(
            f"{name}: the mask has the shape {values.shape}; expected {list(shape)} (channels, samples) or "
            f"[{form.length}]: of several in one file name the one meant, as {name}#0"
        )
    mask = np.array(np.broadcast_to(values != 0, shape))
    mask.flags.writeable = False
    return mask


def _why(error: Exception) -> str:
    """What the reader says of it; NumPy takes any other file for a pickle, and advises how to run one."""
    return "" if "pickle" in str(error) else f" ({error})"


def _load(path: Path) -> Mask:
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.lib.npyio.NpzFile):
            with loaded:
                names = loaded.files
                if len(names) != 1:
                    raise MaskError(f"{path.name} holds {', '.join(names) or 'no array'}; expected one array, the mask")
                loaded = loaded[names[0]]
    except (OSError, ValueError, EOFError) as error:
        raise MaskError(f"{path.name}: the mask cannot be read{_why(error)}; expected a file .npy or .npz") from error
    if loaded.dtype.kind not in "biuf" or not np.isfinite(loaded).all():
        raise MaskError(f"{path.name}: the mask holds {loaded.dtype}; expected true and false, or numbers, 0 outside")
    mask: Mask = loaded
    return mask

"""Where pretrained weights come from: a local file, a download, or, offline, nowhere."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from xaae_core.errors import CheckpointError, PretrainedWeightsError

OFFLINE_SWITCH = "XAAE_OFFLINE"
WAYS_OUT = (
    f"Ways out: pretrained=False (random start); weights_path= a local copy of the file; or {OFFLINE_SWITCH}=1 "
    "to always start at random without asking the network."
)


def read_weights(path: str | Path) -> Mapping[str, Tensor]:
    """The tensors of a local file of weights (safetensors or `.pth`); nothing is unpickled blindly.

    Raises:
        PretrainedWeightsError: the file is missing or cannot be read.
    """
    from xaae_core.checkpoints import read_state_dict

    if not Path(path).is_file():
        raise PretrainedWeightsError(f"weights_path {path} is not a file. {WAYS_OUT}")
    try:
        return read_state_dict(path)
    except CheckpointError as error:
        raise PretrainedWeightsError(f"weights_path {path}: {error} {WAYS_OUT}") from error


def must_stay_offline(name: str) -> bool:
    """Whether the offline switch forbids a download; warns that the network starts at random then."""
    if os.environ.get(OFFLINE_SWITCH, "") in ("", "0"):
        return False
    warnings.warn(
        f"{OFFLINE_SWITCH} is set: {name} starts from random weights, not from pretrained ones. "
        "Give weights_path= a local copy of the weights to start from them.",
        UserWarning,
        stacklevel=_callers_level(),
    )
    return True


def failed_download(name: str, error: Exception) -> PretrainedWeightsError:
    """The error for weights that could not be fetched."""
    reason = (str(error) or type(error).__name__).strip().partition("\n")[0]
    return PretrainedWeightsError(f"the pretrained weights of {name} could not be downloaded ({reason}). {WAYS_OUT}")


def _callers_level() -> int:
    """How many calls up, for `warnings.warn` in the caller of this, the first code outside this package is."""
    package = str(Path(__file__).resolve().parents[1])
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_code.co_filename.startswith(package):
        frame, level = frame.f_back, level + 1
    return level

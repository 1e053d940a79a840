"""lfxai 0.1.1's own models and losses, where it is installed; what it imports for downloads only is stood in."""

import importlib
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np
import pytest

_STAND_INS = {
    "hydra": types.SimpleNamespace(),
    "omegaconf": types.SimpleNamespace(DictConfig=dict),
    "lfxai.utils.datasets": types.SimpleNamespace(CIFAR10Pair=None),
    "lfxai.utils.metrics": types.SimpleNamespace(AverageMeter=None),
}


def lfxai_module(name: str) -> types.ModuleType:
    """`lfxai.models.<name>`, or a skip that says why."""
    pytest.importorskip("lfxai", reason="lfxai 0.1.1 is not here: pip install --no-deps lfxai==0.1.1")
    added = {key: value for key, value in _STAND_INS.items() if key not in sys.modules} if name == "images" else {}
    sys.modules.update(added)
    try:
        return importlib.import_module(f"lfxai.models.{name}")
    finally:
        for key in added:
            del sys.modules[key]


@contextmanager
def older_numpy() -> Iterator[None]:
    """With the `np.product` that lfxai calls."""
    with patch.object(np, "product", np.prod, create=True):
        yield

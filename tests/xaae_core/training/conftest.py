"""The tiny training of `tiny_training.py`, for every test of this folder."""

import importlib.util
from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).with_name("tiny_training.py")


@pytest.fixture(scope="session")
def tiny():
    """The module: make_dls(), make_model(**options), train(folder, **options)."""
    spec = importlib.util.spec_from_file_location("tiny_training", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.SCRIPT = SCRIPT
    return module


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Tiny models are faster on one thread, and sums then always run in one order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)

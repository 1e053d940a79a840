"""The tiny training of `tiny_training.py`, for every test of this folder."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("tiny_training.py")


@pytest.fixture(scope="session")
def tiny():
    """The module: make_dls(), make_model(**options), train(folder, **options)."""
    spec = importlib.util.spec_from_file_location("tiny_training", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.SCRIPT = SCRIPT
    return module

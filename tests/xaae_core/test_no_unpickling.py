"""Nothing unpickles: the source is walked, so that a new place cannot slip in."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(path for package in ("app", "analysis", "xaae_core") for path in (ROOT / package).rglob("*.py"))
LOADER = ROOT / "xaae_core" / "checkpoints.py"
BANNED_MODULES = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
BANNED_CALLS = {"load_learner", "load_model", "read_pickle", "Unpickler", "load_state_dict_from_url", "eval", "exec"}


def _dotted(node):
    """ "torch.load" of a call's function, as far as it is names."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join(reversed([*parts, node.id])) if isinstance(node, ast.Name) else ".".join(reversed(parts))


def findings(source):
    """(line, what) of everything in a source that reads or could read a pickle."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, a.name) for a in node.names if a.name.split(".")[0] in BANNED_MODULES)
        elif isinstance(node, ast.ImportFrom):
            if (node.module or "").split(".")[0] in BANNED_MODULES:
                yield node.lineno, node.module
            if node.module in ("torch", "torch.serialization"):
                yield from ((node.lineno, f"torch.{a.name}") for a in node.names if a.name in ("load", "*"))
        elif isinstance(node, ast.Call):
            yield from ((node.lineno, what) for what in _calls(node))


def _calls(node):
    """What a call does that could read a pickle; `model.eval()` is none of it."""
    name = _dotted(node.func)
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    is_method = isinstance(node.func, ast.Attribute)
    if name in ("torch.load", "torch.serialization.load", "torch.jit.load", "torch.hub.load"):
        is_safe = name == "torch.load" and _is_constant(keywords.get("weights_only"), True)
        yield "torch.load(weights_only=True)" if is_safe else name
    if name.split(".")[-1] in (BANNED_CALLS - {"eval", "exec"} if is_method else BANNED_CALLS):
        yield name
    if not _is_constant(keywords.get("allow_pickle", ast.Constant(False)), False):
        yield "allow_pickle"


def _is_constant(node, value):
    return isinstance(node, ast.Constant) and node.value is value


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_source_unpickles(path):
    found = [what for _, what in findings(path.read_text(encoding="utf-8"))]
    assert found == (["torch.load(weights_only=True)"] if path == LOADER else [])


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "from torch import load",
        "import torch\ntorch.load(p)",
        "import torch\ntorch.load(p, weights_only=False)",
        "import torch\ntorch.load(p, weights_only=flag)",
        "from fastai.learner import load_learner\nload_learner(p)",
        "import pandas\npandas.read_pickle(p)",
        "import numpy\nnumpy.load(p, allow_pickle=True)",
        "eval('1')",
    ],
)
def test_the_walk_finds_each_way(source):
    assert [what for _, what in findings(source)] not in ([], ["torch.load(weights_only=True)"])


def test_the_walk_sees_the_sources():
    assert LOADER in FILES
    assert len(FILES) > 20


@pytest.mark.parametrize("source", ["model.eval()", "json.load(file)", "torch.load(p, weights_only=True)"])
def test_the_walk_lets_the_rest_pass(source):
    assert all(what == "torch.load(weights_only=True)" for _, what in findings(source))

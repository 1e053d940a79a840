"""The README can fail: its commands exist, its examples run, its pictures are there."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from xaae_core.checkpoints import read_card
from xaae_core.demo import demo_checkpoint, demo_images
from xaae_core.encoder_permission import ALLOW_SWITCH
from xaae_core.models import build_encoder, encoder_normalisation
from xaae_core.models.weightless import building_weightless

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def test_the_quick_start_is_two_commands_that_the_makefile_knows():
    section = README.split("## Quick start", 1)[1].split("\n## ", 1)[0]
    fenced = re.findall(r"```\w*\n(.*?)```", section, flags=re.DOTALL)
    assert len(fenced) == 1
    commands = fenced[0].strip().splitlines()
    assert commands == ["make app", "make test"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for command in commands:
        assert re.search(rf"^{command.split()[1]}:", makefile, flags=re.MULTILINE)


def test_every_make_target_named_exists():
    targets = set(re.findall(r"`make (\w+)`", README))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert targets >= {"check", "bench"}
    assert {name for name in targets if not re.search(rf"^{name}:", makefile, flags=re.MULTILINE)} == set()


def test_pictures_are_there():
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures
    assert [picture for picture in pictures if not (ROOT / picture).is_file()] == []


def test_it_opens_with_what_the_tool_does_and_a_picture():
    before = README.split("## Quick start")[0]
    assert before.startswith("# ")
    assert "![" in before


@pytest.fixture
def own_modules(tmp_path, monkeypatch):
    """The examples that begin with a file's name, as files that can be imported; their names."""
    files = dict(re.findall(r"```python\n# (\w+)\.py\n(.*?)```", README, flags=re.DOTALL))
    for name, code in files.items():
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield tuple(files)
    for name in files:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("code", BLOCKS, ids=[f"example-{number}" for number in range(len(BLOCKS))])
def test_python_examples_run(code, tmp_path, monkeypatch, own_modules):
    monkeypatch.chdir(tmp_path)
    shutil.copy(next(demo_images().rglob("*.png")), tmp_path / "my_case.png")
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    assert {"logits", "path", "found", "build", "learn", "loss"} & names.keys()


def test_the_own_encoder_is_named_as_it_is_written(own_modules, monkeypatch):
    named = set(re.findall(r"python:(\w+):(\w+)", README))
    assert {module for module, _ in named} == set(own_modules)
    assert set(re.findall(r"--allow-encoders (\w+)", README)) == set(own_modules)
    for module, function in named:
        monkeypatch.setenv(ALLOW_SWITCH, module)
        assert build_encoder(f"python:{module}:{function}", 1)[0].in_channels == 1


def test_the_encoders_named_in_the_table_exist():
    section = README.split("## Your own encoder", 1)[1].split("\n## ", 1)[0]
    specs = re.findall(r"`((?:small|torchvision|timm)[\w:.-]*)`", section)
    assert len(specs) >= 7
    for spec in specs:
        encoder_normalisation(spec, 3)
        with building_weightless():
            build_encoder(spec, 3)


def test_the_demos_figures_are_those_of_the_bundled_model():
    table = re.search(r"```text\n(300 held-out phantoms.*?)```", README, flags=re.DOTALL)
    assert table is not None
    said = sorted(float(line[78:84]) for line in table.group(1).splitlines()[1:] if line.strip())
    card = sorted(round(value, 3) for value in read_card(demo_checkpoint()).metrics.values())
    assert said == pytest.approx(card, abs=1.1e-3)

"""The README can fail: its commands exist, its examples run, its pictures are there."""

import re
import shutil
from pathlib import Path

import pytest

from xaae_core.checkpoints import read_card
from xaae_core.demo import demo_checkpoint, demo_images

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


@pytest.mark.parametrize("code", BLOCKS, ids=[f"example-{number}" for number in range(len(BLOCKS))])
def test_python_examples_run(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(next(demo_images().rglob("*.png")), tmp_path / "my_case.png")
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    assert {"logits", "path"} & names.keys()


def test_the_demos_figures_are_those_of_the_bundled_model():
    table = re.search(r"```text\n(300 held-out phantoms.*?)```", README, flags=re.DOTALL)
    assert table is not None
    said = sorted(float(line[78:84]) for line in table.group(1).splitlines()[1:] if line.strip())
    card = sorted(round(value, 3) for value in read_card(demo_checkpoint()).metrics.values())
    assert said == pytest.approx(card, abs=1.1e-3)

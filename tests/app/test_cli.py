"""Laws of the command line as a whole: quick, documented, and no traceback for what a user can mend."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from app.cli import main

README = Path(__file__).resolve().parents[2] / "README.md"
HEAVY = ("torch", "streamlit", "fastai", "torchvision", "pandas", "matplotlib", "sklearn", "numpy")


def every_command() -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name, groups included."""
    context = click.Context(main, info_name="xaae")

    def walk(command: click.Command, ctx: click.Context, name: str) -> Iterator[tuple[str, click.Command]]:
        yield name, command
        if isinstance(command, click.Group):
            for child in command.list_commands(ctx):
                found = command.get_command(ctx, child)
                assert found is not None, f"{name} {child} is listed but not there"
                yield from walk(found, click.Context(found, info_name=child, parent=ctx), f"{name} {child}")

    yield from walk(main, context, "xaae")


EVERY = dict(every_command())
LEAVES = [name for name, command in EVERY.items() if not isinstance(command, click.Group)]


@pytest.mark.parametrize("name", ["xaae", *LEAVES])
def test_every_command_explains_itself_with_an_example(name: str) -> None:
    result = CliRunner().invoke(main, [*name.split()[1:], "--help"])
    assert result.exit_code == 0
    example = result.output.split("Example:")[-1]
    assert f"  {name} " in example, f"{name} --help ends without an example of its own"


@pytest.mark.parametrize("name", EVERY)
def test_every_option_says_what_it_does(name: str) -> None:
    silent = [p.opts for p in EVERY[name].params if isinstance(p, click.Option) and not p.help]
    assert not silent


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_is_in_the_readme(name: str) -> None:
    assert name in README.read_text(encoding="utf-8")


def test_help_names_every_command_and_the_exit_codes() -> None:
    output = CliRunner().invoke(main, ["--help"]).output
    assert all(f"\n  {name.split()[1]} " in output for name in EVERY if name.count(" ") == 1)
    assert "Exit codes:" in output


def test_help_imports_nothing_heavy_and_answers_at_once() -> None:
    code = (
        "import sys\nfrom app.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print('HEAVY', [name for name in {HEAVY} if name in sys.modules])"
    )
    start = time.perf_counter()
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - start
    assert answer.stdout.strip().endswith("HEAVY []")
    assert seconds < 3  # 0.2 s on an idle machine; torch alone would take longer than this


def test_an_unknown_command_is_refused_with_what_there_is() -> None:
    result = CliRunner().invoke(main, ["explode"])
    assert result.exit_code == 2
    assert "explode" in result.stderr


def test_a_readable_error_goes_to_stderr_and_exits_2(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["direction", str(tmp_path / "none.parquet")])
    assert result.exit_code == 2
    assert result.stderr.startswith("xaae: none.parquet is not a table of latents")
    assert result.stdout == ""
    assert "Traceback" not in result.output


def test_an_error_of_this_program_is_not_hidden(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(path: Path) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("xaae_core.latents.read_latents", broken)
    result = CliRunner().invoke(main, ["direction", str(tmp_path)])
    assert isinstance(result.exception, ZeroDivisionError)

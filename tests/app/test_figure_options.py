"""What a command's options say about its figures."""

import io
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from PIL import Image

from analysis.figures.figure import Figure
from analysis.figures.style import PAPER, FigureStyle
from analysis.provenance import Provenance, read_provenance
from app.figure_options import figure_file, figure_options, style_from, write_figure
from tests.analysis.figures.drawings import Wave

STYLES: list[FigureStyle] = []


@click.command()
@click.option("--out", type=click.Path(path_type=Path), callback=figure_file())
@figure_options
def draw(out: Path | None, **options: Any) -> None:
    """A command that draws."""
    STYLES.append(style_from(options))
    if out is not None:
        write_figure(Figure(Wave(), Provenance(kind="wave")), out, STYLES[-1])


def styled(*arguments: str) -> FigureStyle:
    result = CliRunner().invoke(draw, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return STYLES[-1]


def test_without_options_the_style_is_that_of_papers() -> None:
    assert styled() == PAPER


def test_every_option_reaches_the_style() -> None:
    style = styled(
        *("--journal", "ieee", "--columns", "single", "--font-size", "9", "--dpi", "600", "--greyscale", "--hide-marks")
    )
    assert style == FigureStyle(width_mm=88.9, font_size=9, dpi=600, is_greyscale=True, hides_marks=True)


def test_a_width_wins_over_a_journal() -> None:
    assert styled("--journal", "elsevier", "--width-mm", "100").width_mm == 100


def test_a_width_that_a_journal_lacks_is_refused() -> None:
    result = CliRunner().invoke(draw, ["--journal", "ieee", "--columns", "one_and_half"])
    assert "ieee has single, double" in str(result.exception)


def test_the_ending_says_the_format_and_the_file_its_making(tmp_path: Path) -> None:
    styled("--out", str(tmp_path / "wave.PNG"), "--dpi", "100", "--width-mm", "50.8")
    content = (tmp_path / "wave.PNG").read_bytes()
    assert Image.open(io.BytesIO(content)).width == 200
    assert read_provenance(content).provenance.kind == "wave"


@pytest.mark.parametrize("name", ["wave.bmp", "wave", "wave.gif"])
def test_an_ending_without_a_format_is_refused_before_any_work(tmp_path: Path, name: str) -> None:
    result = CliRunner().invoke(draw, ["--out", str(tmp_path / name)])
    assert result.exit_code == 2
    assert "expected an ending of .png, .svg, .pdf" in result.output
    assert not list(tmp_path.iterdir())

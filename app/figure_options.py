"""The options that every command which draws has: how wide, how large the text, how fine, in which colours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from analysis.figures.style import JOURNAL_WIDTHS, PAPER, SMALLEST_POINTS, Columns, FigureStyle, style_for

if TYPE_CHECKING:
    from analysis.figures.export import FileForm
    from analysis.figures.figure import Figure

_MOVING = ("gif", "mp4")
_STILL = ("png", "svg", "pdf")


def figure_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of `style_from` to a command; its function takes them as `**options`."""
    for option in reversed(_options()):
        command = option(command)
    return command


def formats_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--format` to a command that names its figures itself; its function takes them as `formats`."""
    return click.option("--format", "formats", type=click.Choice(_STILL), multiple=True, default=_STILL,
        show_default=True, help="Of the figures; may be given several times.")(command)  # fmt: skip


def _options() -> list[Callable[..., Any]]:
    return [
        click.option("--journal", type=click.Choice(list(JOURNAL_WIDTHS)), default="nature", show_default=True,
            help="Whose columns --columns means."),
        click.option("--columns", type=click.Choice(get_args(Columns)), default="double", show_default=True,
            help="Width of figures, in columns of the journal's page."),
        click.option("--width-mm", type=click.FloatRange(40, 400),
            help="Width of figures in millimetres, instead of a journal's."),
        click.option("--font-size", type=click.FloatRange(SMALLEST_POINTS, 14), default=PAPER.font_size,
            show_default=True, help="Of figures' text, in points at their final width."),
        click.option("--dpi", type=click.IntRange(72, 1200), default=PAPER.dpi, show_default=True,
            help="Dots per inch of PNG figures, and of pictures inside SVG and PDF."),
        click.option("--greyscale", "is_greyscale", is_flag=True,
            help="Figures without colour; what colour told apart is told by shape, line or level."),
        click.option("--hide-marks", "hides_marks", is_flag=True,
            help="Hide letters that are burned into figures' pictures near their borders: most, not all, and none in "
            "pictures under 96 px; look before you publish."),
        click.option("--words/--no-words", "has_words", default=True, show_default=True,
            help="Write how a map was made, and how far to trust it, inside the figure."),
    ]  # fmt: skip


def style_from(options: Mapping[str, Any]) -> FigureStyle:
    """The style that a command's options ask for; `--width-mm` wins over the journal's columns.

    Args:
        options: values by name, as the command's function takes them; others are passed over.

    Raises:
        FigureError: a width that the journal does not have.
    """
    chosen = {name: options[name] for name in ("font_size", "dpi", "is_greyscale", "hides_marks", "has_words")}
    if options["width_mm"] is not None:
        return FigureStyle(width_mm=options["width_mm"], **chosen)
    return style_for(options["journal"], options["columns"], **chosen)


def figure_file(*, is_moving: bool = False) -> Callable[..., Path | None]:
    """A callback for an option that names the file of a figure: its ending must say a format that the figure has.

    Args:
        is_moving: whether it can be a GIF and an MP4.
    """
    known = (*_STILL, *(_MOVING if is_moving else ()))

    def check(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
        if value is not None and _ending(value) not in known:
            endings = ", ".join(f".{form}" for form in known)
            raise click.BadParameter(f'"{value.name}" names no format of this figure; expected an ending of {endings}')
        return value

    return check


def write_figure(figure: Figure, path: Path, style: FigureStyle) -> None:
    """Write a figure with its provenance, in the format of the file's ending.

    Args:
        figure: what to write.
        path: ends with .png, .svg, .pdf, and of a path also .gif or .mp4.
        style: see `style_from`.

    Raises:
        FigureError: a format that the figure does not have.
    """
    from typing import cast

    from analysis.figures.export import export_figure
    from xaae_core.atomic_files import atomic_path

    content = export_figure(figure, cast("FileForm", _ending(path)), style)
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def _ending(path: Path) -> str:
    return path.suffix.lower().removeprefix(".")

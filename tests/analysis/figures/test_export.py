"""Figures as files: size, provenance, greys, letters, panels, refusals."""

import io
import xml.etree.ElementTree as ElementTree
from typing import Any

import matplotlib as mpl
import numpy as np
import pikepdf
import pytest
from PIL import Image

from analysis.figures.export import draw_file, export_figure
from analysis.figures.figure import Figure
from analysis.figures.panels import combine_figures
from analysis.figures.style import FigureStyle, style_for
from analysis.provenance import Provenance, read_provenance
from tests.analysis.figures.drawings import Wave
from xaae_core.errors import FigureError

MADE = Provenance(kind="wave", checkpoint_sha256="ab" * 32, case_ids=("1f",), settings={"method": "umap"})
FIGURE = Figure(Wave(), MADE, "A wave")


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_a_file_tells_how_it_was_made(form: Any) -> None:
    found = read_provenance(export_figure(FIGURE, form))
    assert found.warnings == ()
    assert (found.provenance.kind, found.provenance.case_ids) == ("wave", ("1f",))


@pytest.mark.parametrize("columns", ["single", "one_and_half", "double"])
def test_a_figure_is_as_wide_as_the_column(columns: Any) -> None:
    style = style_for("nature", columns, dpi=100)
    inches = style.width_mm / 25.4
    assert Image.open(io.BytesIO(draw_file(Wave(), "png", style))).width == pytest.approx(inches * 100, abs=1)
    with pikepdf.open(io.BytesIO(draw_file(Wave(), "pdf", style))) as pdf:
        width = float(pdf.pages[0].mediabox[2])
    assert width == pytest.approx(inches * 72, abs=0.5)


def test_greyscale_leaves_no_colour() -> None:
    pixels = np.asarray(Image.open(io.BytesIO(draw_file(Wave(), "png", FigureStyle(is_greyscale=True, dpi=100)))))
    assert np.ptp(pixels[..., :3].astype(int), axis=-1).max() == 0
    coloured = np.asarray(Image.open(io.BytesIO(draw_file(Wave(), "png", FigureStyle(dpi=100)))))
    assert np.ptp(coloured[..., :3].astype(int), axis=-1).max() > 50


def test_the_users_own_matplotlib_settings_change_nothing() -> None:
    expected = draw_file(Wave(), "svg")
    with mpl.rc_context({"axes.grid": True, "font.size": 30, "figure.facecolor": "black"}):
        assert draw_file(Wave(), "svg") == expected


def test_panels_have_letters_and_keep_every_provenance() -> None:
    whole = combine_figures([FIGURE, FIGURE, FIGURE], columns=2)
    svg = export_figure(whole, "svg")
    texts = ["".join(part.itertext()) for part in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert {"a", "b", "c"} <= set(texts)
    assert texts.count("A wave") == 3
    told = read_provenance(svg).provenance
    assert [panel["kind"] for panel in told.settings["panels"]] == ["wave"] * 3
    assert told.checkpoint_sha256 == MADE.checkpoint_sha256


@pytest.mark.parametrize("count", [0, 27, 500])
def test_panels_without_a_letter_are_refused(count: int) -> None:
    with pytest.raises(FigureError, match=rf"{count} panels; one figure has 1 to 26"):
        combine_figures([FIGURE] * count)


@pytest.mark.parametrize("options", [{"width_mm": 20}, {"font_size": 4}, {"dpi": 5000}, {"width_mm": float("nan")}])
def test_styles_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(FigureError, match=f"{next(iter(options))}=.*expected"):
        FigureStyle(**options)


def test_a_still_figure_is_no_film() -> None:
    with pytest.raises(FigureError, match='a wave figure cannot be a "mp4" file; expected one of png, svg, pdf'):
        export_figure(FIGURE, "mp4")

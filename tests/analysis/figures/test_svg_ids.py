"""Names inside an SVG: numbered where matplotlib hashed them, with every use of them."""

import re

from analysis.figures.export import draw_file
from analysis.figures.figure import Figure
from analysis.figures.panels import combine_figures
from analysis.figures.svg_ids import settle
from analysis.provenance import Provenance
from tests.analysis.figures.drawings import Wave


def test_hashed_names_are_numbered_and_no_others() -> None:
    drawn = (
        b'<path id="axes_1"/><clipPath id="p0123456789"/><g clip-path="url(#p0123456789)"/>'
        b'<path id="m00000000ff"/><use xlink:href="#m00000000ff"/><text>p0123456789</text>'
    )
    assert settle(drawn) == (
        b'<path id="axes_1"/><clipPath id="p-0"/><g clip-path="url(#p-0)"/>'
        b'<path id="m-1"/><use xlink:href="#m-1"/><text>p0123456789</text>'
    )


def test_panels_are_the_same_bytes_each_time_and_every_name_is_there_once() -> None:
    figure = Figure(Wave(), Provenance(kind="wave"))
    whole = combine_figures([figure] * 3, columns=2).drawing
    svg = draw_file(whole, "svg")
    assert draw_file(whole, "svg") == svg
    names = re.findall(rb'\bid="([^"]*)"', svg)
    assert len(set(names)) == len(names)
    assert set(re.findall(rb'(?:url\(#|href="#)([^")]*)', svg)) <= set(names)


def test_there_is_no_negative_zero_in_places_and_texts_stay() -> None:
    drawn = (
        b'<path d="M -0 1 L 2 -0 L -0.5 -0\n"/><g transform="translate(-0,3) rotate(-0)"/><text x="-0">a -0 b</text>'
    )
    assert settle(drawn) == (
        b'<path d="M 0 1 L 2 0 L -0.5 0\n"/><g transform="translate(0,3) rotate(0)"/><text x="0">a -0 b</text>'
    )

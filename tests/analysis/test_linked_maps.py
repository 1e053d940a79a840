"""The linked maps as a file: every case at its place, nothing asked of a network, no name that can break the page."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from analysis.case_columns import numbers
from analysis.directions import fit_direction
from analysis.figures.latent_map import MapFigure
from analysis.figures.linked_maps import MOST_POINTS, chart_file, linked_maps_chart, linked_maps_page
from analysis.map_arrows import direction_arrows
from analysis.projections import project
from analysis.score_flow import score_flow
from tests.analysis.latent_tables import table_of, two_clouds
from tests.analysis.test_map_figures import bent
from xaae_core.case_tokens import case_token
from xaae_core.errors import ProjectionError


def pair(n: int = 30, **changes: object) -> list[MapFigure]:
    table = two_clouds(n)
    direction = fit_direction(table, n_permutations=199)
    pls = project(table, "pls")
    flow = score_flow(bent(table).points, direction.score(table.z))
    return [
        MapFigure(bent(table), table, flow=flow, direction=direction, **changes),
        MapFigure(pls, table, arrows=direction_arrows(pls, table, [direction]), direction=direction),
    ]


def cases_of(chart) -> list[dict]:
    """The rows of the chart; they are there once, whatever the number of layers."""
    drawing = chart.to_dict()
    sets = [rows for rows in drawing["datasets"].values() if "id" in rows[0]]
    assert len(sets) == 1
    assert json.dumps(drawing).count('"x0":') == len(sets[0])
    return sets[0]


def test_every_case_lies_where_the_maps_put_it_and_says_what_it_is():
    figures = pair(placed := 30)
    table = figures[0].table
    rows = cases_of(linked_maps_chart(figures))
    assert [row["id"] for row in rows] == [case_token(case) for case in table.ids.tolist()]
    assert len(rows) == placed
    for number, figure in enumerate(figures):
        found = [(row[f"x{number}"], row[f"y{number}"]) for row in rows]
        np.testing.assert_allclose(found, figure.projection.points, rtol=1e-5)
    assert [row["label"] for row in rows] == [table.classes[label] for label in table.labels]
    assert {row["colour"] for row in rows} == {"no (15)", "yes (15)"}
    assert {row["prediction"] for row in rows} == {"no", "yes"}


def test_each_panel_has_a_rectangle_of_its_own_and_all_choose_together():
    drawing = linked_maps_chart(pair()).to_dict()
    names = [param["name"] for param in drawing["params"]]
    assert {"brush0", "brush1", "view0", "view1", "legend"} <= set(names)
    chosen = {"and": [{"and": [{"param": "brush0"}, {"param": "brush1"}]}, {"param": "legend"}]}
    panels = drawing["vconcat"][1]["hconcat"]
    assert len(panels) == 2
    for panel in panels:
        grey, coloured = panel["layer"][:2]
        assert "transform" not in grey  # all cases stay in sight
        assert {"filter": chosen} in coloured["transform"]
    assert {"filter": chosen} in drawing["vconcat"][0]["transform"]


def test_the_drawing_without_a_browser_shows_arrows_flow_and_caption():
    svg = chart_file(linked_maps_chart(pair(is_doubtful=np.arange(30) < 4)), "svg").decode()
    words = " ".join(re.sub("<[^>]+>", " ", text) for text in re.findall(r"<text.*?</text>", svg, flags=re.DOTALL))
    for part in (
        "30 of 30 cases chosen",
        "(i) UMAP",
        "(ii) PLS",
        "yes (15)",
        "yes ± ",
        "p = 0.005",
        "The score of yes",
    ):
        assert part in words
    assert chart_file(linked_maps_chart(pair(12)), "pdf").startswith(b"%PDF")
    assert chart_file(linked_maps_chart(pair(12)), "png", dpi=60).startswith(b"\x89PNG")


def test_numbers_are_coloured_by_a_scale_and_gaps_are_no_error():
    values = np.where(np.arange(30) < 3, np.nan, np.arange(30.0))
    chart = linked_maps_chart(pair(column=numbers("age", values)))
    rows = cases_of(chart)
    assert [row["colour"] for row in rows[:4]] == [None, None, None, 3.0]
    assert rows[0]["words"] == "not known"
    assert b"age" in chart_file(chart, "svg")


def test_a_selection_is_left_to_the_reader():
    chart = linked_maps_chart(pair(is_selected=np.arange(30) < 3))
    assert "selected" not in json.dumps(chart.to_dict()["title"])


def test_the_page_asks_nothing_of_a_network():
    page = linked_maps_page(linked_maps_chart(pair())).decode()
    assert "default-src 'none'" in page
    outside = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert "http" not in outside.replace("http-equiv", "")
    assert not re.search("src=|href=|import", outside)
    assert "<script " not in page
    assert len(page) < 2_000_000


def test_no_name_of_a_case_breaks_the_page():
    table = two_clouds(8)
    ids = np.array(["</script><script>alert(1)</script>", "a\u2028b", "<!--", '"', "\\", "ü", "$x", "&lt;"])
    table = replace(table, ids=ids, classes=("</script>", "<b>yes"))
    page = linked_maps_page(linked_maps_chart([MapFigure(bent(table), table)]), title="<b>t & u").decode()
    assert page.count("</script") == 2
    assert page.count("<script") == 2
    assert "<title>&lt;b&gt;t &amp; u</title>" in page
    (found,) = re.findall(r'vegaEmbed\("#maps", (\{.*\}), (\{.*?\})\)\.then', page)
    rows = next(rows for rows in json.loads(found[0])["datasets"].values() if "id" in rows[0])
    assert [row["id"] for row in rows] == [case_token(case) for case in ids.tolist()]
    assert {row["label"] for row in rows} <= {"</script>", "<b>yes"}


def test_more_than_ten_thousand_cases_have_another_way():
    n = MOST_POINTS + 1
    table = table_of(np.random.default_rng(0).normal(size=(n, 2)), np.arange(n) % 2)
    figure = MapFigure(project(table, "pca", rate=False), table)
    with pytest.raises(ProjectionError, match=r"10,001 cases; .* at most 10,000 .* choose a cohort, .*map_drawing"):
        linked_maps_chart([figure])
    fewer = table.rows(np.arange(n) < MOST_POINTS)
    chart = linked_maps_chart([MapFigure(project(fewer, "pca", rate=False), fewer)])
    assert len(cases_of(chart)) == MOST_POINTS


def test_maps_of_other_cases_are_not_linked():
    first, second = pair()
    stranger = replace(second, projection=replace(second.projection, ids=np.array([f"x{row}" for row in range(30)])))
    with pytest.raises(ValueError, match="2 maps; expected 1 to 3 of the same cases"):
        linked_maps_chart([first, stranger])
    with pytest.raises(ValueError, match="0 maps"):
        linked_maps_chart([])

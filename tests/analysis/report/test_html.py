"""Reports as HTML: whole in themselves, safe to open, true to what was measured, and readable without pictures."""

import base64
import re
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.evaluation.quality import measure_quality
from analysis.provenance import read_provenance
from analysis.provenance.wording import cited_keys, methods_paragraph
from analysis.report import make_report, report_html, write_report
from analysis.report.html_pieces import facts, grid, paragraph
from analysis.report.number_words import between, number
from tests.analysis.latent_tables import two_clouds
from tests.analysis.report.made_reports import (
    HOSTILE,
    QUICK,
    Reader,
    checkpoint,
    full_report,
    hostile_report,
    pictures,
)

_SOURCES = ("data:image/svg+xml;base64,", "data:image/png;base64,", "#s")


@pytest.fixture(scope="module")
def page() -> str:
    return report_html(full_report())


@pytest.fixture(scope="module")
def read(page: str) -> Reader:
    return Reader(page)


def test_it_needs_nothing_but_itself_and_runs_nothing(page: str, read: Reader):
    assert not {tag for tag, _ in read.tags} & {"script", "link", "iframe", "object", "embed", "form", "base", "svg"}
    for tag, attributes in read.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("src", "href", "srcset"):
            assert attributes.get(name, "#s1").startswith(_SOURCES)
    assert not re.search(r"https?://|url\(|@import", page)
    policy = next(attributes["content"] for tag, attributes in read.tags if attributes.get("http-equiv"))
    assert policy.startswith("default-src 'none'")


def test_it_can_be_read_without_pictures_and_without_colour(page: str, read: Reader):
    images = [attributes for tag, attributes in read.tags if tag == "img"]
    assert len(images) == 6  # held-out quality, two filmstrips, two figures that were taken in, the map
    assert all(len(attributes["alt"]) > 20 for attributes in images)
    for moved in full_report().cases:
        assert all(reason in read.text for reason in moved.trust.reasons)
    assert {words for words in ("believable", "with caution", "not to be believed") if words in read.text}
    assert "@media print" in page
    assert read.tags[0] == ("html", {"lang": "en"})


def test_its_contents_lead_to_its_sections(read: Reader):
    places = [attributes["id"] for tag, attributes in read.tags if tag == "h2"]
    assert places == [attributes["href"][1:] for tag, attributes in read.tags if tag == "a"]
    assert len(places) > 8


def test_every_number_is_the_one_that_was_measured(read: Reader):
    report, text = full_report(), read.text
    quality = measure_quality(two_clouds(dims=4), "yes")
    assert between(quality.held_out.auroc, quality.held_out.auroc_interval) in text
    for row in quality.confusion:
        for count in row:
            assert f"\n{count}\n" in text
    assert report.direction is not None
    assert between(report.direction.quality, report.direction.quality_interval) in text
    assert checkpoint().sha256 in text
    for moved in report.cases:
        assert f"{moved.likeness:.2f}" in text
        for chance in moved.path.probabilities[:, 1]:
            assert f"\n{chance:.2f}\n" in text
    assert report.projection is not None
    assert report.projection.caption() in text


def test_cases_are_named_by_tokens_alone(page: str):
    for moved in full_report().cases:
        assert moved.case.name in page
    assert "Muster" not in page
    assert "Muster" not in "".join(content.decode("latin-1") for content in figures_in(page))


def test_the_data_check_is_told_without_names_of_files(read: Reader):
    assert "1 reason to stop, 1 warning, 1 check without a finding" in read.text
    assert re.search(r"case [0-9a-f]{6} is a copy", read.text)
    assert re.search(r"Names look like patients \(case [0-9a-f]{6}\)", read.text)
    assert "All pictures are of 16×16 px" in read.text


def test_figures_come_with_their_notes_and_captions(read: Reader):
    assert 'Note: Mind the <b>&" peak.' in read.text
    assert "Figure 4. A wave over time. Model: not named (SHA-256 1212121212…)." in read.text
    assert "Figure 5. An edited caption." in read.text


def test_methods_and_references_cover_every_figure(read: Reader):
    report = full_report()
    told = (report.provenance.stamped(), *report.parts)
    assert methods_paragraph(told) in read.text
    assert "mcinnes2018" in cited_keys(told)  # of the figures that were taken in
    assert read.text.count("McInnes et al., 2018") == 2


def test_it_says_what_must_not_be_concluded(read: Reader):
    for words in ("neither a prognosis", "nor a proof", "shows no cause", "not for decisions on a patient"):
        assert words in read.text


def test_the_report_and_each_of_its_figures_know_how_they_were_made(page: str, read: Reader):
    report = full_report()
    whole = read_provenance(page.encode())
    told = whole.provenance
    assert whole.warnings == ()
    assert read_provenance(page.replace("reason to stop", "reason to go on").encode()).warnings
    assert len([tag for tag, attributes in read.tags if attributes.get("name") == "xaae-provenance"]) == 1
    assert told.kind == "report"
    assert [panel["kind"] for panel in told.settings["panels"]] == ["quality", "path", "path", "map", "wave", "wave"]
    found = [read_provenance(content) for content in figures_in(page)]
    assert sorted(each.provenance.kind for each in found) == sorted(part.kind for part in report.parts)
    assert not [each.warnings for each in found if each.warnings]
    assert told.checkpoint_sha256 == report.sha256


def figures_in(page: str) -> list[bytes]:
    """The files of the figures."""
    return [base64.b64decode(found) for found in re.findall(r'<img src="data:[\w/+]+;base64,([^"]+)"', page)]


def test_hostile_names_stay_text():
    read = Reader(report_html(hostile_report()))
    assert "script" not in {tag for tag, _ in read.tags}
    assert read.text.count(HOSTILE) >= 6
    assert all("onload" not in attributes for _, attributes in read.tags)


def test_the_seed_repeats_the_report():
    first, second = (
        re.sub(r'base64,[^"]+', "", report_html(replace(make_report(checkpoint(), two_clouds(dims=4), pictures(),
                                                                   settings=QUICK), created="2026-01-01T00:00:00")))
        for _ in range(2)
    )  # fmt: skip
    stamps = r"(created|digest|drawing)&quot;: &quot;[^&]+"  # the time of making, and what depends on it
    assert re.sub(stamps, "", first) == re.sub(stamps, "", second)


def test_a_notebook_shows_the_page_that_is_written():
    report = hostile_report()
    shown = report._repr_html_()
    (frame,) = Reader(shown).tags
    assert frame[0] == "iframe"
    assert Reader(frame[1]["srcdoc"]).text == Reader(report_html(report)).text
    assert frame[1]["title"] == report.title


def test_it_is_written_as_one_utf_8_file(tmp_path: Path):
    report = make_report(checkpoint())
    path = write_report(report, tmp_path / "a" / "r.html")
    assert path.read_text(encoding="utf-8") == report_html(report)
    assert [file.name for file in path.parent.iterdir()] == ["r.html"]


def test_the_pieces():
    assert paragraph("a < b & c") == "<p>a &lt; b &amp; c</p>"
    assert "empty" not in facts({"full": "1", "empty": ""})
    assert '<td class="number">1,234</td><td class="number">0.500</td>' in grid(("a", "b", "c"), [("x", 1234, 0.5)])
    assert number(float("nan")) == "not known"
    assert number(-0.1234) == "−0.123"
    assert between(0.5, (float("nan"), 1)) == "0.500"
    assert between(0.5, (0.25, 0.75), 2) == "0.50 [0.25, 0.75]"

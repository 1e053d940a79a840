"""Reports: whole in themselves, safe to open, true to what was measured, and honest about what is missing."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from analysis.evaluation.quality import measure_quality
from analysis.report import CasePicture, Report, ReportSettings, make_report, write_report
from analysis.report_html import between, facts, grid, number, paragraph
from analysis.report_sections import report_page
from tests.analysis.latent_tables import two_clouds
from tests.app.cli_folders import SIDE, write_model
from xaae_core.checkpoints import Checkpoint, load_checkpoint

QUICK = ReportSettings(n_steps=5, span=2, map_method="pca")
VOID = {"meta", "img", "br"}


class Reader(HTMLParser):
    """Reads a page: its text, its tags with their attributes, and whether every tag is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.tags, self.open = "", [], []
        self.feed(page)
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.text += data + "\n"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Checkpoint:
    """A model that nobody trained, of the classes no and yes."""
    return load_checkpoint(write_model(tmp_path_factory.mktemp("m") / "m.safetensors", classes=("no", "yes")))


def pictures(n: int = 1) -> list[CasePicture]:
    rng = np.random.default_rng(0)
    return [
        CasePicture(f"case {row}", rng.random((1, SIDE, SIDE)).astype(np.float32), "yes", "test") for row in range(n)
    ]


@pytest.fixture(scope="module")
def report(checkpoint) -> Report:
    return make_report(checkpoint, two_clouds(dims=4), pictures(2), settings=QUICK)


def test_it_needs_nothing_but_itself_and_runs_nothing(report):
    page = report_page(report)
    tags = Reader(page).tags
    assert not {tag for tag, _ in tags} & {"script", "link", "iframe", "object", "embed", "form", "base"}
    for tag, attributes in tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        for name in ("src", "href", "srcset"):
            assert attributes.get(name, "data:image/png").startswith("data:image/png")
    assert not re.search(r"https?://|url\(|@import", page)
    policy = next(attributes["content"] for tag, attributes in tags if attributes.get("http-equiv"))
    assert policy.startswith("default-src 'none'")


def test_it_can_be_read_without_pictures_and_without_colour(report):
    read = Reader(report_page(report))
    images = [attributes for tag, attributes in read.tags if tag == "img"]
    assert len(images) == 3  # two filmstrips and the map
    assert all(len(attributes["alt"]) > 20 for attributes in images)
    for moved in report.cases:
        assert all(reason in read.text for reason in moved.trust.reasons)
    assert {words for words in ("believable", "with caution", "not to be believed") if words in read.text}
    assert "@media print" in report_page(report)
    assert read.tags[0] == ("html", {"lang": "en"})


def test_its_figures_are_those_that_were_measured(report, checkpoint):
    text = Reader(report_page(report)).text
    quality = measure_quality(two_clouds(dims=4), "yes")
    assert between(quality.held_out.auroc, quality.held_out.auroc_interval) in text
    for row in quality.confusion:
        for count in row:
            assert f"\n{count}\n" in text
    assert between(report.direction.quality, report.direction.quality_interval) in text
    assert checkpoint.sha256 in text
    for moved in report.cases:
        assert f"{moved.likeness:.2f}" in text
        for chance in moved.figure.traversal.probabilities[:, 1]:
            assert f"\n{chance:.2f}\n" in text
    assert report.map.projection.caption() in text


def test_it_says_what_must_not_be_concluded(report):
    text = Reader(report_page(report)).text
    for words in ("neither a prognosis", "nor a proof", "shows no cause", "not for decisions on a patient"):
        assert words in text


HOSTILE = '<script>alert("x")</script>&amp;" onload=$5 and $6'


def test_hostile_names_stay_text(checkpoint):
    named = replace(checkpoint, card=replace(checkpoint.card, name=HOSTILE, note=HOSTILE, data_name=HOSTILE))
    case = replace(pictures()[0], id=HOSTILE, label=HOSTILE)
    made = make_report(named, two_clouds(dims=4), [case], settings=QUICK)
    read = Reader(report_page(made))
    assert "script" not in {tag for tag, _ in read.tags}
    assert read.text.count(HOSTILE) >= 4
    assert all("onload" not in attributes for _, attributes in read.tags)


def test_the_card_alone_makes_a_report_that_says_what_it_lacks(checkpoint):
    made = make_report(checkpoint)
    text = Reader(report_page(made)).text
    assert "No table of latents was given" in text
    assert "what it would show is not the target" not in text
    assert made.verdict.level == "unknown"


def test_what_cannot_be_measured_is_named_and_the_rest_is_there(checkpoint):
    table = two_clouds(dims=4)
    one_class = table.rows((table.labels == 1) & (table.split == "train"))
    made = make_report(checkpoint, one_class, pictures(), settings=QUICK)
    assert made.direction is None
    assert made.quality is None
    assert made.map is not None
    said = " ".join(made.missing)
    assert "Direction: every case has the same yes" in said
    assert "Held-out figures: no labelled case is in the split" in said
    assert said.count("No case was moved") == 1
    assert all(reason in Reader(report_page(made)).text for reason in made.missing)


def test_no_map_where_none_is_wanted_and_its_reason_where_none_can_be(checkpoint):
    few = two_clouds(dims=4).rows(np.arange(3))
    assert any("a map needs at least 4" in reason for reason in make_report(checkpoint, few, settings=QUICK).missing)
    made = make_report(checkpoint, two_clouds(dims=4), settings=replace(QUICK, map_method=None))
    assert made.map is None
    assert not any("Map" in reason for reason in made.missing)


def test_the_seed_repeats_the_report(checkpoint):
    first, second = (
        report_page(replace(make_report(checkpoint, two_clouds(dims=4), pictures(), settings=QUICK), created="now"))
        for _ in range(2)
    )
    assert first == second


def test_progress_names_the_parts(checkpoint):
    said: list[str] = []
    make_report(checkpoint, two_clouds(dims=4), pictures(), settings=QUICK, progress=said.append)
    assert said == [
        "measuring held-out cases", "fitting the direction", "drawing the map (pca)", "moving case 1 of 1",
    ]  # fmt: skip


def test_it_is_written_as_one_utf_8_file(report, tmp_path: Path):
    path = write_report(report, tmp_path / "a" / "r.html")
    assert path.read_text(encoding="utf-8") == report_page(report)
    assert [file.name for file in path.parent.iterdir()] == ["r.html"]


def test_the_pieces():
    assert paragraph("a < b & c") == "<p>a &lt; b &amp; c</p>"
    assert "empty" not in facts({"full": "1", "empty": ""})
    assert '<td class="number">1,234</td><td class="number">0.500</td>' in grid(("a", "b", "c"), [("x", 1234, 0.5)])
    assert number(float("nan")) == "not known"
    assert number(-0.1234) == "−0.123"
    assert between(0.5, (float("nan"), 1)) == "0.500"
    assert between(0.5, (0.25, 0.75), 2) == "0.50 [0.25, 0.75]"

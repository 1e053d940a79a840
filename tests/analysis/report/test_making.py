"""What a report measures, what it says of what it lacks, and what it refuses."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.provenance.citations import parts_of
from analysis.report import MOST_FIGURES, make_report
from analysis.report.blocks import Bullets, Grid, Heading, Paragraph, Picture
from analysis.report.checked_data import checked_data
from analysis.report.sections import report_blocks
from tests.analysis.latent_tables import two_clouds
from tests.analysis.report.made_reports import QUICK, a_check, checkpoint, full_report, pictures, wave
from xaae_core.case_tokens import case_token
from xaae_core.errors import DirectionError, FigureError


def said_in(report) -> str:
    """All its sentences."""
    blocks = report_blocks(report)
    texts = [block.text for block in blocks if isinstance(block, Paragraph | Heading)]
    return "\n".join([*texts, *(text for block in blocks if isinstance(block, Bullets) for text in block.texts)])


def test_the_card_alone_makes_a_report_that_says_what_it_lacks():
    made = make_report(checkpoint())
    assert "No table of latents was given" in said_in(made)
    assert "what it would show is not the target" not in said_in(made)
    assert made.verdict.level == "unknown"
    assert made.parts == ()


def test_what_cannot_be_measured_is_named_and_the_rest_is_there():
    table = two_clouds(dims=4)
    one_class = table.rows((table.labels == 1) & (table.split == "train"))
    made = make_report(checkpoint(), one_class, pictures(), settings=QUICK)
    assert made.direction is None
    assert made.quality is None
    assert made.map is not None
    said = " ".join(made.missing)
    assert "Direction: every case has the same yes" in said
    assert "Held-out figures: no labelled case is in the split" in said
    assert said.count("No case was moved") == 1
    assert all(reason in said_in(made) for reason in made.missing)


def test_few_cases_are_moved_along_the_direction_of_those_the_model_was_trained_on():
    table = two_clouds(dims=4)
    few = table.rows((table.labels == 1) & (table.split == "train"))
    made = make_report(checkpoint(), few, pictures(), trained_on=table, settings=QUICK)
    expected = make_report(checkpoint(), table, pictures(), settings=QUICK)
    assert made.direction is not None
    assert expected.direction is not None
    np.testing.assert_array_equal(made.direction.vector, expected.direction.vector)
    assert made.cases[0].trust.levels == expected.cases[0].trust.levels
    said = " ".join(made.missing)
    assert f"fitted to {made.direction.n_cases} cases that the model was trained on" in said
    assert "No case was moved" not in said


def test_no_map_where_none_is_wanted_and_its_reason_where_none_can_be():
    few = two_clouds(dims=4).rows(np.arange(3))
    assert any("a map needs at least 4" in reason for reason in make_report(checkpoint(), few, settings=QUICK).missing)
    made = make_report(checkpoint(), two_clouds(dims=4), settings=replace(QUICK, map_method=None))
    assert made.map is None
    assert not any("Map" in reason for reason in made.missing)


def test_a_target_that_is_not_there_is_an_error_and_not_a_gap():
    with pytest.raises(DirectionError, match='no target "purple"'):
        make_report(checkpoint(), two_clouds(dims=4), settings=replace(QUICK, target="purple"))


def test_progress_names_the_parts():
    said: list[str] = []
    make_report(checkpoint(), two_clouds(dims=4), pictures(), settings=QUICK, progress=said.append)
    assert said == [
        "measuring held-out cases", "fitting the direction", "drawing the map (pca)", "moving case 1 of 1",
    ]  # fmt: skip


def test_too_many_figures_are_refused_with_the_remedy():
    many = [wave()] * (MOST_FIGURES + 1)
    with pytest.raises(FigureError, match=r"101 figures; a report takes up to 100: leave some out"):
        make_report(checkpoint(), figures=many)
    assert len(make_report(checkpoint(), figures=many[1:]).figures) == MOST_FIGURES
    with pytest.raises(FigureError, match="leave some out"):
        replace(full_report(), figures=tuple(many))


def test_figures_are_numbered_in_their_order():
    numbers = [block.number for block in report_blocks(full_report()) if isinstance(block, Picture)]
    assert numbers == list(range(1, 7))


def test_the_provenance_holds_that_of_every_figure_and_no_case_by_name():
    report = full_report()
    told = report.provenance
    assert told.case_ids == tuple(case_token(moved.case.id) for moved in report.cases)
    assert [part.kind for part in parts_of(told)] == [part.kind for part in report.parts]
    assert "Muster" not in told.to_json()
    assert told.direction["target"] == "yes"


def test_views_are_asked_for_by_kind_and_case():
    asked: list[tuple[str, str]] = []

    def view(kind: str, case_id: str) -> dict[str, str]:
        asked.append((kind, case_id))
        return {"page": "traverse"}

    made = make_report(checkpoint(), two_clouds(dims=4), pictures(), settings=QUICK, view=view)
    assert asked == [("quality", ""), ("map", ""), ("path", pictures()[0].id), ("report", "")]
    assert made.cases[0].figure.provenance.view == {"page": "traverse"}


def test_a_figure_says_its_settings():
    path = full_report().cases[0].figure.provenance
    wanted = {"span": 2, "n_steps": 5, "skip_dropout": 1.0, "likeness": full_report().cases[0].likeness}
    assert {name: path.settings[name] for name in wanted} == wanted
    assert path.case_ids == (case_token(full_report().cases[0].case.id),)


def test_names_of_files_become_tokens_and_counts_stay(tmp_path: Path):
    checked = a_check(tmp_path)
    found = checked_data(checked)
    said = " ".join(f"{finding.title} {finding.detail}" for finding in found.findings)
    assert "Muster" not in said
    assert "All pictures are of 16×16 px" in said
    assert [finding.cases for finding in found.findings] == [()] * 3
    assert found.worst == "stop"


def test_a_table_of_confusions_has_room_for_few_classes():
    blocks = report_blocks(full_report())
    headers = [block.header for block in blocks if isinstance(block, Grid)]
    assert ("", "called no", "called yes") in headers


def test_a_model_that_says_nothing_has_no_column_of_what_it_says():
    report = full_report()
    mute = replace(report.cases[0], path=replace(report.cases[0].path, probabilities=None))
    shown = [block.header for block in report_blocks(replace(report, cases=(mute,))) if isinstance(block, Grid)]
    assert ("step (SD)", "found again (SD)", "to be read", "because") in shown


def test_latents_of_a_model_without_labels_leave_a_sentence_and_a_direction():
    table = two_clouds(dims=4)
    mute = replace(table, probabilities=np.zeros((len(table), 0), np.float32))
    made = make_report(checkpoint(), mute, settings=replace(QUICK, map_method=None))
    assert any("learned no labels" in reason for reason in made.missing)
    assert made.direction is not None

"""`xaae project` on the bundled demo: the table, the figure, the figures of the map."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from xaae_core.demo import demo_latents
from xaae_core.latents import read_latents


def xaae(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_the_map_is_written_with_every_case_and_its_figure(tmp_path: Path):
    made = xaae(
        "project", demo_latents(), "--method", "pls", "--out", tmp_path / "m.csv", "--figure", tmp_path / "m.pdf"
    )
    assert made.exit_code == 0, made.output
    table = read_latents(demo_latents())
    rows = list(csv.DictReader((tmp_path / "m.csv").open()))
    assert [row["id"] for row in rows] == table.ids.tolist()
    assert [*rows[0]] == ["id", "x", "y", "label", "split", "prediction", "neighbours_kept", "placed"]
    assert {row["label"] for row in rows} == set(table.classes)
    assert {row["split"] for row in rows} == {"train", "valid", "test"}
    assert (tmp_path / "m.pdf").read_bytes().startswith(b"%PDF")
    assert "trustworthiness" in made.stdout
    assert "laying out 1,200 cases" in made.stderr


def test_the_seed_and_the_settings_repeat_the_map(tmp_path: Path):
    first = xaae("project", demo_latents(), "--method", "pca", "--out", tmp_path / "m.csv", "--json")
    assert first.exit_code == 0, first.output
    said = json.loads(first.stdout)
    assert said["method"] == "pca"
    assert 0.5 < said["trustworthiness"] < 1
    text = (tmp_path / "m.csv").read_text()
    again = xaae("project", "--settings", tmp_path / "m.settings.toml", "--json")
    assert again.stdout == first.stdout
    assert (tmp_path / "m.csv").read_text() == text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--figure", "map.jpg"), "a figure is .png, .svg or .pdf"),
        (("--colour", "nothing"), 'there is no column "nothing"'),
        (("--method", "pca", "--target", "effusion"), "only the method pls knows a target"),
        (("--method", "pls", "--target", "purple"), 'there is no target "purple"'),
        (("--method", "mds"), "'mds' is not one of"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_written(tmp_path: Path, options: tuple[str, ...], words: str):
    refused = xaae("project", demo_latents(), "--out", tmp_path / "m.csv", *options)
    assert refused.exit_code == 2
    assert words in refused.stderr
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_table_is_named(tmp_path: Path):
    (tmp_path / "a.parquet").write_text("nothing")
    refused = xaae("project", tmp_path / "a.parquet", "--out", tmp_path / "m.csv")
    assert refused.exit_code == 2
    assert "a.parquet is not a table of latents" in refused.stderr

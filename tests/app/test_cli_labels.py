"""`xaae labels`: flipped labels come first, with a table and a contact sheet; what cannot be judged is refused."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from analysis.provenance import read_provenance
from app.cli import main
from app.commands.labels import COLUMNS, SHOWN
from tests.app.cli_folders import FEW_PIXELS, write_model, write_pictures
from xaae_core.case_tokens import case_token
from xaae_core.demo import demo_checkpoint, demo_latents
from xaae_core.latents import LatentTable, read_latents, write_latents


def xaae(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], default_map=FEW_PIXELS)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pictures/, model.safetensors, latents.parquet, and flipped.parquet with two wrong labels."""
    folder = tmp_path_factory.mktemp("room")
    write_pictures(folder / "pictures")
    write_model(folder / "model.safetensors")
    made = xaae("extract", folder / "model.safetensors", folder / "pictures", "--out", folder / "latents.parquet")
    assert made.exit_code == 0, made.output
    table = read_latents(folder / "latents.parquet")
    labels = table.labels.copy()
    for case in ("dark/02.png", "bright/05.png"):
        labels[table.row_of(case)] = 1 - labels[table.row_of(case)]
    write_latents(changed(table, labels=labels), folder / "flipped.parquet")
    return folder


def changed(table: LatentTable, **fields: object) -> LatentTable:
    from dataclasses import replace

    return replace(table, **fields)


def doubted(room: Path, out: Path, *options: object, latents: str = "flipped.parquet") -> Result:
    return xaae("labels", room / "model.safetensors", "--latents", room / latents, "--out", out, *options)


@pytest.mark.parametrize("own", [(), ("--self-influence", "--parameters", "classifier")])
def test_wrong_labels_come_first_in_a_table_and_on_a_sheet(room: Path, tmp_path: Path, own: tuple[str, ...]):
    made = doubted(room, tmp_path, "--split", "all", "--neighbours", 5, "--columns", "single", "--dpi", 100, *own)
    assert made.exit_code == 0, made.output
    rows = list(csv.DictReader((tmp_path / "labels.csv").open()))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 16
    flipped = {"dark/02.png", "bright/05.png"}
    if not own:  # an untrained model has learnt nothing by heart
        assert {row["id"] for row in rows[:2]} == flipped
    assert {row["id"] for row in rows if float(row["disagreement"]) > 0.5} == flipped
    assert {row["id"] for row in rows if row["suggested"] != row["label"]} == flipped
    assert all(bool(row["self_influence"]) == bool(own) for row in rows)
    assert all(Path(row["picture"]).is_file() for row in rows)
    assert [float(row["suspicion"]) for row in rows] == sorted((float(row["suspicion"]) for row in rows), reverse=True)
    assert "question to whoever set it" in made.stdout
    assert "labelled bright" in made.stdout
    assert Image.open(tmp_path / "labels.png").width == pytest.approx(89 / 25.4 * 100, abs=1)
    for form in ("png", "svg", "pdf"):
        content = (tmp_path / f"labels.{form}").read_bytes()
        told = read_provenance(content).provenance
        assert (told.kind, told.settings["methods"]) == ("labels", ["nearest", "tracin"] if own else ["nearest"])
        assert told.case_ids == tuple(case_token(row["id"]) for row in rows[:SHOWN])
        assert b"02.png" not in content, "no file's name in a figure"


def test_json_is_json_and_the_split_is_the_one_asked_for(room: Path, tmp_path: Path):
    made = doubted(room, tmp_path, "--json", latents="latents.parquet")
    assert made.exit_code == 0, made.output
    said = json.loads(made.stdout)
    assert {row["split"] for row in said["labels"]} == {"train"}
    assert said["judged"] == len(said["labels"])
    assert said["labels"][0]["self_influence"] is None
    assert any("neighbours" in note or "nearest" in note for note in said["notes"])


def test_without_pictures_there_is_the_list_alone(tmp_path: Path):
    made = xaae("labels", demo_checkpoint(), "--latents", demo_latents(), "--out", tmp_path, "--split", "valid")
    assert made.exit_code == 0, made.output
    assert "no picture of these cases was found" in made.stderr
    assert [path.name for path in tmp_path.glob("labels.*")] == ["labels.csv"]


def test_pictures_that_are_gone_are_refused_where_the_model_is_asked(room: Path, tmp_path: Path):
    refused = xaae(
        *("labels", demo_checkpoint(), "--latents", demo_latents(), "--out", tmp_path / "o"),
        *("--split", "valid", "--self-influence"),
    )
    assert refused.exit_code == 2
    assert "no longer where the table says" in refused.stderr
    assert "give --data" in refused.stderr
    assert not (tmp_path / "o").exists()


def test_a_few_missing_pictures_are_left_out_and_said(room: Path, tmp_path: Path):
    table = read_latents(room / "flipped.parquet")
    paths = table.paths.copy().astype(object)
    paths[3] = str(tmp_path / "gone.png")
    write_latents(changed(table, paths=paths.astype(str)), tmp_path / "some.parquet")
    made = xaae(
        *("labels", room / "model.safetensors", "--latents", tmp_path / "some.parquet", "--out", tmp_path / "o"),
        *("--split", "all", "--self-influence", "--json"),
    )
    assert made.exit_code == 0, made.output
    assert "1 of 16 training cases left out" in made.stderr
    assert json.loads(made.stdout)["judged"] == 15


def test_what_has_no_labels_to_doubt_is_refused(room: Path, tmp_path: Path):
    table = read_latents(room / "latents.parquet")
    rows = {
        "none": (changed(table, labels=np.full(len(table), -1)), "none of the 16 cases has a label"),
        "one class": (table.rows(table.labels == 0), "doubting a label needs two classes"),
        "one case": (table.rows(np.arange(1)), "1 labelled case in 1 class"),
    }
    for name, (part, said) in rows.items():
        write_latents(part, tmp_path / f"{name}.parquet")
        refused = xaae(
            *("labels", room / "model.safetensors", "--latents", tmp_path / f"{name}.parquet"),
            *("--out", tmp_path / "o", "--split", "all"),
        )
        assert refused.exit_code == 2, name
        assert said in refused.stderr, name
    assert not (tmp_path / "o").exists()


def test_what_does_not_go_together_is_refused(room: Path, tmp_path: Path):
    refused = doubted(room, tmp_path / "o", "--trace", room / "model.safetensors")
    assert "--trace is for --self-influence" in refused.stderr
    other = write_model(tmp_path / "other.safetensors", seed=3)
    refused = xaae("labels", other, "--latents", room / "latents.parquet", "--out", tmp_path / "o")
    assert "another checkpoint" in refused.stderr
    table = read_latents(room / "flipped.parquet")
    write_latents(changed(table, classes=("cat", "dog")), tmp_path / "pets.parquet")
    refused = xaae(
        *("labels", room / "model.safetensors", "--latents", tmp_path / "pets.parquet", "--out", tmp_path / "o"),
        *("--split", "all", "--self-influence"),
    )
    assert refused.exit_code == 2
    assert "the labels are cat, dog, the model's classes bright, dark" in refused.stderr
    assert "leave --self-influence out" in refused.stderr
    assert not (tmp_path / "o").exists()

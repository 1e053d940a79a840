"""`xaae examples`: the nearest cases as a table and a contact sheet, on a small folder and on the bundled demo."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from analysis.provenance import read_provenance
from app.cli import main
from tests.app.cli_folders import write_model, write_pictures
from xaae_core.case_tokens import case_token
from xaae_core.demo import demo_checkpoint, demo_images, demo_latents
from xaae_core.latents import read_latents, write_latents

SMALL = {"examples": {"dpi": 72, "formats": ["png"]}}
"""One figure of few pixels, which is drawn sooner; the usual ones are in the first test."""


def xaae(*arguments: object, settings: Mapping[str, Any] = SMALL) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], default_map=settings)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pictures/, model.safetensors and latents.parquet."""
    folder = tmp_path_factory.mktemp("room")
    write_pictures(folder / "pictures")
    write_model(folder / "model.safetensors")
    made = xaae("extract", folder / "model.safetensors", folder / "pictures", "--out", folder / "latents.parquet")
    assert made.exit_code == 0, made.output
    return folder


def similar(room: Path, picture: Path, out: Path, *options: object, settings: Mapping[str, Any] = SMALL) -> Result:
    return xaae(
        *("examples", room / "model.safetensors", picture, "--latents", room / "latents.parquet", "--out", out),
        *options,
        settings=settings,
    )


def test_the_nearest_are_written_in_order_with_a_contact_sheet(room: Path, tmp_path: Path):
    made = similar(room, room / "pictures" / "dark" / "03.png", tmp_path, "-k", 4, "--split", "all", settings={})
    assert made.exit_code == 0, made.output
    rows = list(csv.DictReader((tmp_path / "examples.csv").open()))
    assert [int(row["rank"]) for row in rows] == [1, 2, 3, 4]
    distances = [float(row["distance"]) for row in rows]
    assert distances == sorted(distances)
    assert {row["label"] for row in rows} <= {"bright", "dark"}
    assert all(Path(row["picture"]).is_file() for row in rows)
    assert "dark/03.png" not in {row["id"] for row in rows}
    assert "dark/03.png" in made.stderr  # this very picture
    assert Image.open(tmp_path / "examples.png").width == pytest.approx(183 / 25.4 * 300, abs=1)
    for form in ("png", "svg", "pdf"):
        content = (tmp_path / f"examples.{form}").read_bytes()
        told = read_provenance(content).provenance
        assert (told.kind, told.settings["methods"]) == ("examples", ["nearest"])
        assert told.case_ids == tuple(case_token(case) for case in ("dark/03.png", *(row["id"] for row in rows)))
        assert told.view["query"]["case"] == [case_token("dark/03.png")]
        assert b"03.png" not in content, "no file's name in a figure"
    assert "the usual spacing" in made.stdout


def test_json_is_json_and_another_split_gives_other_cases(room: Path, tmp_path: Path):
    found = {}
    for split in ("train", "test"):
        made = similar(
            room, room / "pictures/dark/00.png", tmp_path / split, "--split", split, "--json", "--metric", "cosine"
        )
        assert made.exit_code == 0, made.output
        said = json.loads(made.stdout)
        assert {row["split"] for row in said["examples"]} == {split}
        assert said["metric"] == "cosine"
        found[split] = {row["id"] for row in said["examples"]}
    assert not found["train"] & found["test"]


def test_without_pictures_there_is_the_table_alone(tmp_path: Path):
    case = demo_images() / "images" / "phantom-000960.png"
    made = xaae("examples", demo_checkpoint(), case, "--latents", demo_latents(), "--out", tmp_path)
    assert made.exit_code == 0, made.output
    assert "no picture of these cases was found" in made.stderr
    assert not (tmp_path / "examples.png").exists()
    rows = list(csv.DictReader((tmp_path / "examples.csv").open()))
    assert {row["label"] for row in rows} == {"effusion"}  # a large effusion is like large effusions


def test_a_damaged_picture_leaves_its_place_empty(room: Path, tmp_path: Path):
    folder = write_pictures(tmp_path / "pictures")
    (folder / "dark" / "01.png").write_bytes(b"broken")
    made = similar(room, room / "pictures/dark/00.png", tmp_path / "o", "--data", folder, "--split", "all", "-k", 15)
    assert made.exit_code == 0, made.output
    assert "01.png" in made.stderr
    assert (tmp_path / "o" / "examples.png").is_file()


def test_a_split_without_cases_and_latents_of_another_model_are_refused(room: Path, tmp_path: Path):
    other = write_model(tmp_path / "other.safetensors", seed=3)
    case = room / "pictures/dark/00.png"
    refused = xaae("examples", other, case, "--latents", room / "latents.parquet", "--out", tmp_path / "o")
    assert refused.exit_code == 2
    assert "another checkpoint" in refused.stderr
    table = read_latents(room / "latents.parquet")
    write_latents(table.rows(table.split == "train"), tmp_path / "train.parquet")
    refused = xaae(
        *("examples", room / "model.safetensors", case, "--latents", tmp_path / "train.parquet"),
        *("--out", tmp_path / "o", "--split", "valid"),
    )
    assert refused.exit_code == 2
    assert "no case of the table is in the split valid; there are train: use --split all" in refused.stderr
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("method", ["simplex", "simplex_entropy"])
def test_a_mixture_has_weights_and_no_copy_of_the_case(room: Path, tmp_path: Path, method: str):
    made = similar(room, room / "pictures/dark/03.png", tmp_path, "-k", 5, "--split", "all", "--method", method)
    assert made.exit_code == 0, made.output
    rows = list(csv.DictReader((tmp_path / "examples.csv").open()))
    weights = [float(row["score"]) for row in rows]
    assert weights == sorted(weights, reverse=True)
    assert 0 < sum(weights) <= 1
    assert {row["role"] for row in rows} == {"part of the mixture"}
    assert "dark/03.png" not in {row["id"] for row in rows}
    assert "parts of the mixture" in made.stdout
    assert (tmp_path / "examples.png").is_file()


@pytest.mark.parametrize(
    ("method", "loss"), [("tracin", "label"), ("influence", "reconstruction"), ("influence_series", "label")]
)
def test_helpful_and_harmful_cases_by_gradients(room: Path, tmp_path: Path, method: str, loss: str):
    made = similar(
        *(room, room / "pictures/dark/03.png", tmp_path, "-k", 3, "--split", "all", "--json"),
        *("--method", method, "--loss", loss, "--parameters", "last_block"),
    )
    assert made.exit_code == 0, made.output
    said = json.loads(made.stdout)
    scores = [row["score"] for row in said["examples"] if row["role"] == "helpful"]
    assert scores == sorted(scores, reverse=True)
    assert all(score > 0 for score in scores)
    assert all(row["score"] < 0 for row in said["examples"] if row["role"] == "harmful")
    assert any("parameters (last_block)" in note for note in said["notes"])
    assert "about" in made.stderr  # the estimate comes first


def test_tracin_reads_checkpoints_of_the_training_alone(room: Path, tmp_path: Path):
    case = room / "pictures/dark/03.png"
    other = write_model(tmp_path / "earlier.safetensors", seed=5)
    options = ("--split", "all", "--json", "--method", "tracin", "--limit", 5)
    one = similar(room, case, tmp_path / "a", *options, "--trace", other)
    two = similar(room, case, tmp_path / "b", *options, "--trace", other, "--trace", room / "model.safetensors")
    assert one.exit_code == two.exit_code == 0, one.output + two.output
    assert json.loads(one.stdout)["parameters"]["checkpoints"] == 1
    assert json.loads(one.stdout)["examples"] != json.loads(two.stdout)["examples"]
    assert "5 of 16 training cases, drawn at random" in one.stderr
    refused = similar(room, case, tmp_path / "c", "--trace", other)
    assert refused.exit_code == 2
    assert "--trace is for --method tracin" in refused.stderr
    wrong = write_model(tmp_path / "wrong.safetensors", channels=3)
    refused = similar(room, case, tmp_path / "d", *options, "--trace", wrong)
    assert refused.exit_code == 2
    assert "wrong.safetensors does not fit the model" in refused.stderr
    assert not (tmp_path / "d").exists()


def test_training_pictures_that_are_gone_are_said_to_be(tmp_path: Path):
    case = demo_images() / "images" / "phantom-000960.png"
    made = xaae(
        *("examples", demo_checkpoint(), case, "--latents", demo_latents(), "--out", tmp_path / "o"),
        *("--method", "tracin"),
    )
    assert made.exit_code == 2
    assert "no longer where the table says" in made.stderr
    assert "give --data" in made.stderr
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("method", ["nearest", "simplex", "tracin"])
def test_one_training_case_is_too_few(room: Path, tmp_path: Path, method: str):
    table = read_latents(room / "latents.parquet")
    write_latents(table.rows(np.arange(1)), tmp_path / "one.parquet")
    refused = xaae(
        *("examples", room / "model.safetensors", room / "pictures/dark/00.png", "--latents"),
        *(tmp_path / "one.parquet", "--out", tmp_path / "o", "--split", "all", "--method", method),
    )
    assert refused.exit_code == 2
    assert "1 training case; neighbours need at least 2" in refused.stderr


def test_mu_is_chosen_on_the_validation_cases_when_asked(room: Path, tmp_path: Path):
    case = room / "pictures/dark/03.png"
    made = similar(room, case, tmp_path / "a", "--method", "simplex_entropy", "--choose-mu", "--json")
    assert made.exit_code == 0, made.output
    said = json.loads(made.stdout)
    assert f"μ = {said['parameters']['mu']:.3g}, chosen on" in said["notes"][1]
    assert f"(μ = {said['parameters']['mu']:.3g})" in said["method"]
    plain = similar(room, case, tmp_path / "b", "--method", "simplex_entropy", "--json")
    assert json.loads(plain.stdout)["parameters"]["mu"] == 1.0
    refused = similar(room, case, tmp_path / "c", "--method", "simplex_entropy", "--choose-mu", "--split", "all")
    assert refused.exit_code == 2
    assert "0 cases of the split valid are not searched themselves" in refused.stderr
    refused = similar(room, case, tmp_path / "d", "--method", "simplex", "--choose-mu")
    assert "--choose-mu is for --method simplex_entropy" in refused.stderr


def test_projected_gradients_say_how_far_off_they_are(room: Path, tmp_path: Path):
    options = ("--split", "all", "--json", "--parameters", "projected", "--method")
    for method in ("tracin", "influence"):
        made = similar(room, room / "pictures/dark/03.png", tmp_path / method, *options, method)
        assert made.exit_code == 0, made.output
        assert any("standard error of about 1.6%" in note for note in json.loads(made.stdout)["notes"])
        assert "(projected)" in made.stderr
    refused = similar(room, room / "pictures/dark/03.png", tmp_path / "o", *options, "influence_series")
    assert refused.exit_code == 2
    assert "no series of it" in refused.stderr

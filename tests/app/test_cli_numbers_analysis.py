"""project, attribute, examples and report on a model that has learned a number: no classes, no probabilities."""

import csv
import json
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

from app.cli import main
from tests.app.cli_folders import SIDE
from tests.app.test_cli_numbers import write_study
from xaae_core.checkpoints import save_checkpoint
from xaae_core.latents import read_latents
from xaae_core.model_card import card_for
from xaae_core.models import add_xaae_blocks, build_encoder


def xaae(*arguments: object) -> Result:
    made = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert made.exit_code == 0, made.output
    return made


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with study/, m.safetensors (nobody trained it) and l.parquet."""
    folder = tmp_path_factory.mktemp("numbers")
    write_study(folder / "study")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = add_xaae_blocks(
            build_encoder("small:8-16", 1),
            input_size=SIDE, input_channels=1, encoding_dims=4, classes=1,
            decoder="light", recons_metric="ssim", encoder_spec="small:8-16",
        )  # fmt: skip
    model.set_target_scale(25, 14)
    training = {"columns": {"file": "picture", "label": "severity"}, "task": "auto"}
    card = card_for(model, name="s", classes=("severity",), target="severity", task="continuous", training=training)
    save_checkpoint(model, folder / "m.safetensors", card)
    xaae("extract", folder / "m.safetensors", folder / "study", "--out", folder / "l.parquet")
    return folder


def test_the_map_holds_true_and_predicted_numbers(room: Path, tmp_path: Path):
    xaae(
        *("project", room / "l.parquet", "--method", "pls", "--out", tmp_path / "m.csv"),
        *("--figure", tmp_path / "m.svg"),
    )
    table = read_latents(room / "l.parquet")
    rows = list(csv.DictReader((tmp_path / "m.csv").open()))
    assert [float(row["label"]) for row in rows] == pytest.approx(table.columns["severity"].tolist(), rel=1e-3)
    assert [float(row["prediction"]) for row in rows] == pytest.approx(table.predicted.tolist(), rel=1e-4)
    assert "towards severity (SD)" in (tmp_path / "m.svg").read_text()


def test_the_predicted_number_is_explained_in_its_own_units(room: Path, tmp_path: Path):
    case = room / "study" / "images" / "0.png"
    made = xaae("attribute", room / "m.safetensors", case, "--out", tmp_path / "a", "--steps", 40, "--json")
    (found,) = json.loads(made.stdout)["maps"]
    table = read_latents(room / "l.parquet")
    assert found["target"] == "predicted severity"
    assert found["score"] == pytest.approx(table.predicted[table.row_of("images/0.png")], rel=1e-3)
    refused = CliRunner().invoke(
        main, ["attribute", str(room / "m.safetensors"), str(case), "--out", str(tmp_path / "b"), "--target", "bad"]
    )
    assert refused.exit_code == 2
    assert 'predicts a number and knows no class "bad"' in refused.stderr


def test_examples_and_report_say_numbers(room: Path, tmp_path: Path):
    case = room / "study" / "images" / "0.png"
    xaae("examples", room / "m.safetensors", case, "--latents", room / "l.parquet", "--out", tmp_path / "like")
    rows = list(csv.DictReader((tmp_path / "like" / "examples.csv").open()))
    assert all(0 <= float(row["label"]) <= 50 for row in rows)
    assert (tmp_path / "like" / "examples.png").is_file()
    xaae(
        *("report", room / "m.safetensors", "--latents", room / "l.parquet", "--out", tmp_path / "r.html"),
        *("--map", "pca", "--steps", 3),
    )
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    for words in ("Spearman", "Mean error of the median", "predicted severity", "The direction towards severity"):
        assert words in page
    assert "AUROC" not in page

"""`xaae curves`: a training's folder becomes figures that say how they were made."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analysis.provenance import read_provenance
from analysis.provenance.wording import methods_paragraph
from app.cli import main
from app.training.files import PROGRESS_NAME, EpochRecord, write_json
from app.views import View
from tests.app.cli_folders import write_model, write_pictures
from xaae_core.checkpoints import file_sha256, read_card
from xaae_core.latents import LatentTable, write_latents
from xaae_core.training.history import COLUMNS, read_history, write_history

LENGTHS = {"adversarial": 1, "autoencoder": 3, "classifier": 2}


def xaae(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def rows(**lengths: int) -> list[dict[str, Any]]:
    return [
        {"phase": phase, "epoch": epoch, "train_loss": 1 / epoch, "valid_loss": 2 / epoch, "adv_loss": 0.7,
         "selection_loss": abs(epoch - 2)}
        for phase, length in lengths.items()
        for epoch in range(1, length + 1)
    ]  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished training of a model that nobody trained, on pictures whose names say who is on them."""
    folder = tmp_path / "runs" / "first"
    (folder / "training").mkdir(parents=True)
    write_history(folder / "training", rows(**LENGTHS))
    model = write_model(folder / "model.safetensors")
    pictures = write_pictures(tmp_path / "Anna Meier 1950")
    ids = np.array([f"Anna Meier 1950/{path.name}" for path in sorted(pictures.rglob("*.png"))])
    rng, n = np.random.default_rng(0), len(ids)
    split = np.where(np.arange(n) % 2, "test", "valid")
    chance = rng.random(n).astype(np.float32)
    table = LatentTable(
        z=rng.normal(size=(n, 4)).astype(np.float32), ids=ids, paths=ids, split=split,
        labels=rng.integers(0, 2, n), probabilities=np.column_stack([1 - chance, chance]), classes=("bright", "dark"),
        checkpoint_sha256=file_sha256(model), data_fingerprint="f1" * 32,
    )  # fmt: skip
    write_latents(table, folder / "model.latents.parquet")
    (folder / "settings.toml").write_text(
        'preset = "quick"\nseed = 3\n[training]\nadv_low_threshold = 0.5\n[about]\ndata_fingerprint = "f1f1"\n'
    )
    return folder


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_the_figure_says_which_training_it_is_of(run: Path, tmp_path: Path, form: str) -> None:
    out = tmp_path / f"curves.{form}"
    made = xaae("curves", run, "--out", out, "--columns", "single", "--dpi", 72)
    assert made.exit_code == 0, made.output
    found = read_provenance(out.read_bytes())
    assert found.warnings == ()
    told = found.provenance
    assert (told.kind, told.seed, told.data_fingerprint) == ("training", 3, "f1f1")
    assert told.checkpoint_sha256 == file_sha256(run / "model.safetensors")
    assert told.settings["phases"] == LENGTHS
    assert (told.settings["preset"], told.settings["model"]) == ("quick", read_card(run / "model.safetensors").kind)
    assert View.from_json(told.view).query == {"run": ("first",)}
    assert "Band from 0.5 to 0.8" in made.stdout, "the band is that of this training's settings"


def test_phases_and_kept_epochs_come_as_json_and_nothing_else_is_needed_than_the_history(tmp_path: Path) -> None:
    path = write_history(tmp_path, rows(**LENGTHS))
    made = xaae("curves", path, "--out", tmp_path / "c.svg", "--json")
    assert made.exit_code == 0, made.output
    said = json.loads(made.stdout)
    assert said["epochs"] == sum(LENGTHS.values())
    assert [(phase["phase"], phase["epochs"]) for phase in said["phases"]] == list(LENGTHS.items())
    assert [phase["kept"] for phase in said["phases"]] == [1, 2, 2]
    assert read_provenance((tmp_path / "c.svg").read_bytes()).provenance.checkpoint_sha256 == ""


def test_the_quality_is_that_of_the_runs_own_table(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "quality.svg"
    made = xaae("curves", run, "--out", tmp_path / "c.svg", "--quality", out)
    assert made.exit_code == 0, made.output
    told = read_provenance(out.read_bytes()).provenance
    assert (told.kind, told.data_fingerprint, told.seed) == ("quality", "f1" * 32, 0)
    assert (told.settings["split"], told.settings["target"]) == ("test", read_card(run / "model.safetensors").target)
    assert told.settings["intervals"] == "bootstrap"
    assert told.view["page"] == "start"
    assert "Efron" in methods_paragraph([told])
    assert told.view["query"]["model"] == [told.checkpoint_sha256[:16]]


def test_no_byte_tells_a_name_or_a_path(run: Path, tmp_path: Path) -> None:
    for form in ("svg", "png", "pdf"):
        made = xaae("curves", run, "--out", tmp_path / f"c.{form}", "--quality", tmp_path / f"q.{form}")
        assert made.exit_code == 0, made.output
        for name in (f"c.{form}", f"q.{form}"):
            content = (tmp_path / name).read_bytes()
            assert b"Meier" not in content
            assert str(tmp_path).encode() not in content


def test_a_page_s_training_shows_the_scores_and_the_phases_after_it(run: Path, tmp_path: Path) -> None:
    epochs = [
        EpochRecord(phase=row["phase"], epoch=row["epoch"], n_epochs=9, score_encoded=0.4, score_drawn=0.6,
                    losses={name: row[name] for name in ("train_loss", "valid_loss")})
        for row in rows(**LENGTHS, sharpening=2)
    ]  # fmt: skip
    write_json(run / "training" / PROGRESS_NAME, [vars(epoch) for epoch in epochs])
    made = xaae("curves", run, "--out", tmp_path / "c.svg")
    assert "sharpening (2)" in made.stdout
    assert "Discriminator's score" in made.stdout


def test_the_written_history_is_read_back(tmp_path: Path) -> None:
    written = rows(**LENGTHS)
    found = read_history(write_history(tmp_path, written))
    assert [row["phase"] for row in found] == [row["phase"] for row in written]
    assert [float(row["valid_loss"]) for row in found] == [row["valid_loss"] for row in written]
    assert found[0]["auroc"] == ""
    assert read_history(tmp_path) == found


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "holds no history of a training; expected history.csv"),
        ("", "no history of a training: no epoch"),
        (",".join(COLUMNS) + "\n", "no epoch"),
        ("time,value\n1,2\n", "no column phase, epoch, train_loss, valid_loss"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "is no history of a training"),
    ],
)
def test_what_is_no_history_is_refused_with_what_was_expected(tmp_path: Path, content: Any, says: str) -> None:
    if content is not None:
        (tmp_path / "history.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    made = xaae("curves", tmp_path, "--out", tmp_path / "c.svg")
    assert made.exit_code == 2
    assert says in made.stderr.replace("\n", " ")
    assert not (tmp_path / "c.svg").exists()


def test_without_a_finished_model_there_is_no_quality_and_no_file(run: Path, tmp_path: Path) -> None:
    (run / "model.safetensors").unlink()
    made = xaae("curves", run, "--out", tmp_path / "c.svg", "--quality", tmp_path / "q.svg")
    assert made.exit_code == 2
    assert "holds no finished model" in made.stderr
    assert not list(tmp_path.glob("*.svg"))
    assert xaae("curves", run, "--out", tmp_path / "c.svg").exit_code == 0


def test_a_wrong_ending_is_refused(run: Path, tmp_path: Path) -> None:
    made = xaae("curves", run, "--out", tmp_path / "c.docx")
    assert made.exit_code == 2
    assert '"c.docx" names no format' in made.stderr


def test_the_history_has_the_numbers_of_the_figure(run: Path, tmp_path: Path) -> None:
    from app.training.figures import training_figure

    told = list(csv.DictReader(training_figure(run).drawing.numbers().splitlines()))
    assert [float(row["valid_loss"]) for row in told] == [row["valid_loss"] for row in rows(**LENGTHS)]

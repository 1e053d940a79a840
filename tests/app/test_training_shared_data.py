"""Real pictures train from the command line and as a job of the page, with the same result for the same seed."""

import csv
import json
import shutil
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from app.cli import main
from app.commands.train import command as train
from app.commands.train import request_of
from app.training.job import start_job
from tests.app.training_jobs import await_state, end_all, on_one_thread
from xaae_core.checkpoints import load_checkpoint

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SHORT = (
    *("--preset", "quick", "--size", "64", "--encoder", "small:8-16-32", "--recons-metric", "ssim", "--seed", "5"),
    *("--batch-size", "16", "--epochs-adv", "0", "--epochs-ae", "1", "--epochs-classif", "1"),
    *("--epochs-consistency", "0", "--epochs-sharpening", "1"),
)


def part_of(folder: Path, part: Path, *, every: int = 12) -> Path:
    """A folder with every so manieth picture of another and its line of the table."""
    (part / "images").mkdir(parents=True)
    with (folder / "labels.csv").open(newline="") as whole, (part / "labels.csv").open("w", newline="") as some:
        lines = csv.DictReader(whole)
        table = csv.DictWriter(some, [name for name in lines.fieldnames or () if name != "mask"], extrasaction="ignore")
        table.writeheader()
        for line in list(lines)[::every]:
            shutil.copy(folder / line["file"], part / line["file"])
            table.writerow(line)
    return part


@pytest.mark.shared_data
@pytest.mark.slow
@pytest.mark.parametrize(("name", "target"), [("tb_cxr", "tuberculosis"), ("isic2017", "melanoma")])
def test_the_page_and_the_command_line_train_the_same_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, target: str
) -> None:
    on_one_thread(monkeypatch)
    if not (DATA / name).is_dir():
        pytest.skip(f"the data folder {name} is not on this machine")
    folder = part_of(DATA / name, tmp_path / name)
    asked = [str(folder), "--out", str(tmp_path / "line"), *SHORT, "--target", target]
    job = start_job(folder, tmp_path / "page", request_of(train.make_context("train", list(asked)).params))
    try:
        await_state(job, "finished", seconds=240)
    finally:
        end_all(tmp_path)
    said = CliRunner().invoke(main, ["train", *asked, "--json"])
    assert said.exit_code == 0, said.output
    line, page = (load_checkpoint(tmp_path / way / "model.safetensors") for way in ("line", "page"))
    weights = page.model.state_dict()
    assert all(torch.equal(value, weights[key]) for key, value in line.model.state_dict().items())
    assert line.card.metrics == page.card.metrics
    assert json.loads(said.stdout)["target"] == target

"""The commands on real pictures, with a model that nobody trained: nothing is skipped, nothing is lost."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from tests.app.cli_folders import write_model
from xaae_core.latents import read_latents

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "classes", "channels", "column", "n_cases"),
    [
        ("tb_cxr", ("normal", "tuberculosis"), 1, "source", 800),
        ("isic2017", ("not_melanoma", "melanoma"), 3, "mask_fraction", 1741),
    ],
)
def test_a_real_folder_becomes_a_table_and_a_path(
    tmp_path: Path, name: str, classes: tuple[str, ...], channels: int, column: str, n_cases: int
) -> None:
    folder = DATA / name
    if not folder.is_dir():
        pytest.skip(f"the data folder {name} is not on this machine")
    model = write_model(tmp_path / "model.safetensors", classes=classes, channels=channels)
    latents = tmp_path / "t.parquet"
    made = CliRunner().invoke(main, ["extract", str(model), str(folder), "--out", str(latents), "--json"])
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout) == {"latents": str(latents), "cases": n_cases, "dims": 4, "skipped": 0}
    table = read_latents(latents)
    assert table.classes == classes
    assert column in table.columns
    case = folder / str(table.ids[table.split == "test"][0])
    path = ["traverse", str(model), str(case), "--latents", str(latents), "--out", str(tmp_path / "path")]
    moved = CliRunner().invoke(main, [*path, "--steps", "3", "--json"])
    assert moved.exit_code == 0, moved.output
    assert json.loads(moved.stdout)["target"] == classes[1]

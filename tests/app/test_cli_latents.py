"""extract, direction and traverse through the command line, on a model that nobody trained."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from analysis.provenance import read_provenance
from app.cli import main
from tests.app.cli_folders import FEW_PIXELS, write_model, write_pictures
from xaae_core.case_tokens import case_token, short_token
from xaae_core.latents import read_latents


def xaae(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], default_map=FEW_PIXELS)


def assert_refused(result: Result, *words: str) -> None:
    """Exit code 2, one message on stderr, nothing on stdout."""
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    for word in words:
        assert word in result.stderr


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pictures/, model.safetensors and latents.parquet."""
    folder = tmp_path_factory.mktemp("room")
    write_pictures(folder / "pictures")
    write_model(folder / "model.safetensors")
    made = xaae("extract", folder / "model.safetensors", folder / "pictures", "--out", folder / "latents.parquet")
    assert made.exit_code == 0, made.output
    return folder


def test_extract_writes_every_picture_with_its_label(room: Path) -> None:
    table = read_latents(room / "latents.parquet")
    assert len(table) == 16
    assert table.classes == ("bright", "dark")
    assert [Path(case).parent.name for case in table.ids] == [table.classes[label] for label in table.labels]


def test_extract_counts_labels_as_the_model_does(room: Path, tmp_path: Path) -> None:
    """A folder with one of the model's classes must not turn it into the first."""
    write_pictures(tmp_path / "only_dark", classes=("dark",))
    made = xaae(
        "extract", room / "model.safetensors", tmp_path / "only_dark", "--out", tmp_path / "t.parquet", "--json"
    )
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["cases"] == 8
    table = read_latents(tmp_path / "t.parquet")
    assert table.classes == ("bright", "dark")
    assert set(table.labels.tolist()) == {1}


def test_extract_refuses_classes_that_the_model_does_not_know(room: Path, tmp_path: Path) -> None:
    write_pictures(tmp_path / "other", classes=("cat", "dog"))
    out = tmp_path / "t.parquet"
    result = xaae("extract", room / "model.safetensors", tmp_path / "other", "--out", out)
    assert_refused(result, "cat, dog", "bright, dark")
    assert not out.exists()


def test_extract_names_and_counts_a_broken_picture(room: Path, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures")
    (folder / "dark" / "03.png").write_bytes(b"not a picture")
    whole = (folder / "dark" / "04.png").read_bytes()
    (folder / "dark" / "04.png").write_bytes(whole[: len(whole) // 2])
    made = xaae("extract", room / "model.safetensors", folder, "--out", tmp_path / "t.parquet")
    assert made.exit_code == 0, made.output
    assert "03.png" in made.stderr
    assert "04.png" in made.stderr
    assert "14 cases" in made.stdout
    assert "2 skipped" in made.stdout


def test_direction_prints_quality_with_interval_and_cone(room: Path) -> None:
    said = xaae("direction", room / "latents.parquet", "--target", "dark")
    assert said.exit_code == 0, said.output
    assert said.stdout.startswith("towards dark")
    assert "AUROC" in said.stdout
    assert "°" in said.stdout


def test_direction_as_json_is_json_and_turns_with_the_target(room: Path) -> None:
    dark, bright = (
        json.loads(xaae("direction", room / "latents.parquet", "--target", name, "--json").stdout)
        for name in ("dark", "bright")
    )
    assert (dark["target"], dark["counterpart"]) == ("dark", "bright")
    assert dark["quality"] == pytest.approx(bright["quality"])
    low, high = dark["quality_interval"]
    assert low <= dark["quality"] <= high


def test_direction_names_the_targets_there_are(room: Path) -> None:
    assert_refused(xaae("direction", room / "latents.parquet", "--target", "purple"), "purple", "bright, dark")


@pytest.fixture(scope="module")
def path_folder(room: Path) -> Path:
    """A path of 5 steps for a picture of the folder."""
    made = xaae(
        *("traverse", room / "model.safetensors", room / "pictures" / "dark" / "00.png"),
        *("--latents", room / "latents.parquet", "--out", room / "path", "--span", 2, "--steps", 5),
        *("--change-at", 1.2, "--width-mm", 89, "--dpi", 100),
        *(part for form in ("png", "svg", "pdf", "gif", "mp4") for part in ("--format", form)),
    )
    assert made.exit_code == 0, made.output
    return room / "path"


def test_traverse_writes_films_filmstrip_change_and_table(path_folder: Path) -> None:
    forms = {"path": {"png", "svg", "pdf", "gif", "mp4", "csv"}, "change": {"png", "svg", "pdf"}}
    expected = {f"{name}.{form}" for name, endings in forms.items() for form in endings}
    assert {path.name for path in path_folder.iterdir()} == expected | {"settings.toml"}
    with Image.open(path_folder / "path.gif") as gif:
        assert min(gif.size) >= 320
        assert gif.n_frames == 8
    with Image.open(path_folder / "path.png") as strip:
        assert strip.width == pytest.approx(89 / 25.4 * 100, abs=1)
    rows = list(csv.DictReader((path_folder / "path.csv").read_text().splitlines()))
    assert [float(row["step_sd"]) for row in rows] == [-2, -1, 0, 1, 2]
    assert float(rows[2]["achieved_sd"]) == 0
    assert all(0 <= float(row["probability"]) <= 1 for row in rows)
    assert {row["trust"] for row in rows} <= {"good", "caution", "poor"}
    assert all(row["reason"] for row in rows)


def test_the_figures_of_a_path_reopen_the_same_path_and_name_no_file(room: Path, path_folder: Path) -> None:
    table = read_latents(room / "latents.parquet")
    case = next(name for name in table.ids.tolist() if name.endswith("dark/00.png"))
    for file in sorted(path_folder.glob("*.*")):
        if file.suffix not in (".csv", ".toml"):
            found = read_provenance(file.read_bytes())
            told = found.provenance
            assert found.warnings == ()
            assert told.kind == file.stem
            assert told.case_ids == (case_token(case),)
            assert told.view["page"] == "traverse"
            query = {key: values[0] for key, values in told.view["query"].items()}
            assert query["case"] == case_token(case)
            assert (query["range"], query["steps"], query["target"]) == ("± 2 SD", "5", "dark")
            assert told.settings["span"] == 2
            assert told.settings.get("step") == (1.0 if file.stem == "change" else None)
            assert told.data_fingerprint == table.data_fingerprint
    drawn = (path_folder / "path.svg").read_text()
    assert f"case {short_token(case)}" in drawn
    assert "00.png" not in drawn


def test_the_same_seed_gives_the_same_files(room: Path, path_folder: Path, tmp_path: Path) -> None:
    base = ("traverse", room / "model.safetensors", room / "pictures" / "dark" / "00.png", "--latents")
    settings = ("--span", 2, "--steps", 5, "--skip-dropout", 0.5, "--format", "gif")
    tables = []
    for number, seed in enumerate((1, 1, 2)):
        out = tmp_path / str(number)
        assert xaae(*base, room / "latents.parquet", "--out", out, *settings, "--seed", seed).exit_code == 0
        tables.append((out / "path.csv").read_text())
    assert tables[0] == tables[1]
    assert tables[0] != tables[2]


def test_traverse_towards_the_other_class_is_the_same_path_backwards(room: Path, tmp_path: Path) -> None:
    achieved = {}
    for target in ("dark", "bright"):
        made = xaae(
            *("traverse", room / "model.safetensors", room / "pictures" / "dark" / "00.png", "--json"),
            *("--latents", room / "latents.parquet", "--out", tmp_path / target, "--steps", 5, "--target", target),
            *("--format", "gif"),
        )
        assert made.exit_code == 0, made.output
        achieved[target] = [row["probability"] for row in json.loads(made.stdout)["steps"]]
    assert achieved["dark"] == pytest.approx([1 - p for p in achieved["bright"]][::-1], abs=1e-4)


def test_traverse_refuses_the_latents_of_another_model(room: Path, tmp_path: Path) -> None:
    other = write_model(tmp_path / "other.safetensors", seed=1)
    result = xaae(
        *("traverse", other, room / "pictures" / "dark" / "00.png"),
        *("--latents", room / "latents.parquet", "--out", tmp_path / "path"),
    )
    assert_refused(result, "another checkpoint", "xaae extract")
    assert not (tmp_path / "path").exists()


def test_traverse_refuses_an_even_number_of_steps(room: Path, tmp_path: Path) -> None:
    result = xaae(
        *("traverse", room / "model.safetensors", room / "pictures" / "dark" / "00.png"),
        *("--latents", room / "latents.parquet", "--out", tmp_path / "path", "--steps", 20),
    )
    assert_refused(result, "20 is even")


BOMB = b"\x80\x02cos\nmkdir\n(U\x09unpickledtR."  # a pickle that calls os.mkdir("unpickled")


@pytest.mark.parametrize("command", ["extract", "traverse"])
def test_a_pickle_as_checkpoint_is_refused_and_not_run(
    room: Path, tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bomb = tmp_path / "model.safetensors"
    bomb.write_bytes(BOMB)
    out = tmp_path / "out"
    rest = {
        "extract": (room / "pictures", "--out", out),
        "traverse": (room / "pictures" / "dark" / "00.png", "--latents", room / "latents.parquet", "--out", out),
    }[command]
    assert_refused(xaae(command, bomb, *rest), "model.safetensors is a pickle")
    assert not (tmp_path / "unpickled").exists()


def test_a_broken_picture_is_refused_by_name(room: Path, tmp_path: Path) -> None:
    picture = tmp_path / "case.png"
    picture.write_bytes(b"not a picture")
    rest = ("--latents", room / "latents.parquet", "--out", tmp_path / "path")
    assert_refused(xaae("traverse", room / "model.safetensors", picture, *rest), "case.png")


def test_a_picture_of_another_size_and_colour_is_brought_to_the_models(room: Path, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, size=(90, 130, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "case.jpg")
    rest = ("--latents", room / "latents.parquet", "--out", tmp_path / "path", "--steps", 3)
    result = xaae("traverse", room / "model.safetensors", tmp_path / "case.jpg", *rest)
    assert result.exit_code == 0, result.output


def test_a_folder_that_cannot_be_written_is_named(room: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file, not a folder")
    result = xaae("extract", room / "model.safetensors", room / "pictures", "--out", blocked / "t.parquet")
    assert result.exit_code == 2
    assert str(blocked) in result.stderr
    assert "Traceback" not in result.output

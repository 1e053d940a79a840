"""`xaae localise` on a small folder with masks: the files, what is left out, and going on after Ctrl-C."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import analysis.attributions as attributions
from analysis.provenance import read_provenance
from app.cli import main
from tests.app.cli_folders import FEW_PIXELS, SIDE, write_model
from xaae_core.demo import demo_checkpoint, demo_images, demo_latents
from xaae_core.models.blocks import EncoderWithAAEBlocks

METHODS = ("--method", "saliency", "--method", "latent_shift")


def xaae(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], default_map=FEW_PIXELS)


@pytest.fixture(autouse=True)
def quick_figures(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the test of the files draws them: three figures take longer than everything else here."""
    if "beside_maps" not in request.node.name:
        monkeypatch.setattr("analysis.figures.export.export_figure", lambda *_, **__: b"drawn")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model.safetensors")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """12 pictures of two classes with a bright box, its masks, and two pictures without one."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "pictures"
    folder.mkdir()
    rows = []
    for number in range(14):
        top, left = rng.integers(4, 28, 2)
        mask = np.zeros((SIDE, SIDE), np.uint8)
        mask[top : top + 14, left : left + 14] = 255
        pixels = rng.integers(0, 60, (SIDE, SIDE)) + (mask > 0) * (150 if number % 2 else 60)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number:02d}.png")
        Image.fromarray(mask).save(folder / f"mask-{number:02d}.png")
        split = "train" if number < 6 else "test"
        mask_name = "" if number >= 12 else f"mask-{number:02d}.png"
        rows.append([f"{number:02d}.png", "bright" if number % 2 else "dark", split, mask_name])
    write_table(folder, rows)
    return folder


def write_table(folder: Path, rows: list[list[str]]) -> None:
    with (folder / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["file", "label", "split", "mask"], *rows])


def localise(model: Path, folder: Path, out: Path, *options: object) -> Result:
    return xaae("localise", model, folder, "--out", out, "--resamples", 200, *(options or METHODS))


def test_every_method_stands_beside_maps_that_know_nothing(model: Path, folder: Path, tmp_path: Path):
    made = localise(model, folder, tmp_path / "out", *METHODS, "--json")
    assert made.exit_code == 0, made.output
    said = json.loads(made.stdout)
    assert said["pictures"] == 6
    assert said["without_mask"] == 2
    assert said["fixed_share"] == pytest.approx(14**2 / SIDE**2)
    rows = list(csv.DictReader((tmp_path / "out" / "table.csv").open()))
    kinds = {(row["method"], row["target"]) for row in rows}
    references = {("centred_disc", ""), ("usual_place", ""), ("random", "")}
    assert kinds == {("saliency", "class"), ("latent_shift", "class"), *references}
    for row in rows:
        assert float(row["low"]) <= float(row["mean"]) <= float(row["high"])
        assert (row["minus_disc_mean"] == "") == (row["method"] == "centred_disc")
        assert row["pictures"] == "6"
    each = list(csv.DictReader((tmp_path / "out" / "pictures.csv").open()))
    saliency = [float(row["energy_inside"]) for row in each if row["method"] == "saliency"]
    mean = next(row for row in rows if (row["method"], row["measure"]) == ("saliency", "energy_inside"))
    assert float(mean["mean"]) == pytest.approx(np.mean(saliency))
    for ending in ("png", "svg", "pdf"):
        told = read_provenance((tmp_path / "out" / f"localisation.{ending}").read_bytes()).provenance
        assert (told.kind, told.settings["methods"]) == ("localisation", ["saliency", "latent_shift"])
        assert told.settings["targets"] == {"class": said["targets"]["class"]}
        assert told.data_fingerprint
    assert (tmp_path / "out" / "settings.toml").is_file()
    assert said["files"] == [str(path) for path in map(Path, said["files"]) if path.is_file()]


def test_one_class_alone_and_a_limit(model: Path, folder: Path, tmp_path: Path):
    made = localise(model, folder, tmp_path / "out", "--only", "bright", "--limit", 2, "--method", "saliency")
    assert made.exit_code == 0, made.output
    assert "bright only: 2 pictures" in made.stdout
    pictures = {row["picture"] for row in csv.DictReader((tmp_path / "out" / "pictures.csv").open())}
    assert pictures < {"07.png", "09.png", "11.png"}
    refused = localise(model, folder, tmp_path / "out", "--only", "grey")
    assert refused.exit_code == 2
    assert 'has no class "grey"; expected one of bright, dark' in refused.output


def test_a_stopped_run_keeps_what_is_finished_and_goes_on(
    model: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    real = attributions.attribute_batch
    made = []

    def stopping(model, images, target, *, method, keep, **options):
        def keep_two(place, found):
            keep(place, found)
            made.append(method)
            if len(made) == 8:  # all six of the first method and two of the second
                raise KeyboardInterrupt

        return real(model, images, target, method=method, keep=keep_two, **options)

    monkeypatch.setattr(attributions, "attribute_batch", stopping)
    stopped = localise(model, folder, tmp_path / "out")
    assert stopped.exit_code == 1
    assert "stopped: the same command goes on" in stopped.stderr
    table = list(csv.DictReader((tmp_path / "out" / "table.csv").open()))
    counts = {row["method"]: row["pictures"] for row in table}
    assert counts["saliency"] == "6"
    assert counts["latent_shift"] == "2"
    with (tmp_path / "out" / "pictures.csv").open("a") as file:
        file.write("cut off in the mid")  # as a killed run would leave it
    done = localise(model, folder, tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert made.count("saliency") == 6
    assert made.count("latent_shift") == 6
    localise(model, folder, tmp_path / "anew")
    for table in ("pictures.csv", "table.csv"):
        stopped_once, at_once = (read_rows(tmp_path / name / table) for name in ("out", "anew"))
        assert [names for names, _ in stopped_once] == [names for names, _ in at_once]
        for (_, figures), (_, expected) in zip(stopped_once, at_once, strict=True):
            assert figures == pytest.approx(expected, rel=1e-6, abs=1e-7, nan_ok=True)


def read_rows(path: Path) -> list[tuple[list[str], list[float]]]:
    """Words and figures of every row; pictures in batches of another size differ in the last bits of a float32."""

    def is_figure(cell: str) -> bool:
        try:
            float(cell)
        except ValueError:
            return False
        return True

    split = [
        ([cell for cell in row if not is_figure(cell)], [float(cell) for cell in row if is_figure(cell)])
        for row in csv.reader(path.open())
    ]
    return sorted(split, key=lambda row: row[0])


def test_rows_of_other_settings_are_not_taken(model: Path, folder: Path, tmp_path: Path):
    localise(model, folder, tmp_path / "out", "--method", "saliency")
    assert "going on" in localise(model, folder, tmp_path / "out", "--method", "saliency").stderr
    for options in (("--sign", "positive"), ("--fixed-share", 0.1), ("--tolerance", 2), ("--no-resume",)):
        again = localise(model, folder, tmp_path / "out", "--method", "saliency", *options)
        assert again.exit_code == 0, again.output
        assert "going on" not in again.stderr
        assert (tmp_path / "out" / "pictures.before.csv").is_file()  # hours of work are never thrown away
    added = localise(model, folder, tmp_path / "out", "--method", "latent_shift")
    assert "saliency (class)" in added.stdout  # of the same run before
    Image.fromarray(np.eye(SIDE, dtype=np.uint8) * 255).save(folder / "mask-06.png")
    assert "going on" not in localise(model, folder, tmp_path / "out", "--method", "saliency").stderr


def test_masks_that_cannot_be_used_are_named_and_left_out(model: Path, folder: Path, tmp_path: Path):
    Image.fromarray(np.zeros((SIDE, SIDE), np.uint8)).save(folder / "mask-06.png")
    Image.fromarray(np.full((SIDE, SIDE // 2), 255, np.uint8)).save(folder / "mask-07.png")
    (folder / "mask-08.png").write_text("no picture")
    made = localise(model, folder, tmp_path / "out", "--method", "saliency")
    assert made.exit_code == 0, made.output
    assert "left out 06.png: mask-06.png: the mask is empty" in made.stderr
    assert "left out 07.png: mask-07.png: the mask has 24 × 48 px, its picture 48 × 48 px" in made.stderr
    assert "left out 08.png: mask-08.png" in made.stderr
    assert "3 pictures were left out" in made.stdout
    assert "3 pictures with masks" in made.stdout
    for number in (9, 10, 11):
        Image.fromarray(np.zeros((SIDE, SIDE), np.uint8)).save(folder / f"mask-{number:02d}.png")
    none = localise(model, folder, tmp_path / "none", "--method", "saliency")
    assert none.exit_code == 2
    assert "none of the 6 pictures with a mask could be used" in none.stderr


def test_a_folder_without_masks_says_what_is_needed(model: Path, folder: Path, tmp_path: Path):
    rows = [
        [f"{number:02d}.png", "bright" if number % 2 else "dark", "test" if number > 3 else "train", ""]
        for number in range(10)
    ]
    write_table(folder, rows)
    refused = localise(model, folder, tmp_path / "out")
    assert refused.exit_code == 2
    assert "has no picture with a mask in the test part" in refused.stderr
    assert "--mask-column" in refused.stderr
    write_table(folder, [[*row[:3], f"mask-{row[0]}" if row[2] == "test" else ""] for row in rows])
    refused = localise(model, folder, tmp_path / "out")
    assert refused.exit_code == 2
    assert "give --fixed-share" in refused.stderr
    made = localise(model, folder, tmp_path / "out", "--fixed-share", 0.1, "--method", "saliency")
    assert made.exit_code == 0, made.output
    assert "usual_place" not in made.stdout


def test_a_model_without_a_classifier_is_explained_by_what_it_has(
    model: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(EncoderWithAAEBlocks, "classify", lambda self, z: None)
    made = localise(model, folder, tmp_path / "out", "--target", "class", "--target", "dimension:1", *METHODS)
    assert made.exit_code == 0, made.output
    assert "left out: the target class: the model has no classifier" in made.stderr
    assert "saliency (dimension:1)" in made.stdout
    alone = localise(model, folder, tmp_path / "out", "--target", "class")
    assert alone.exit_code == 2
    assert "the model has no classifier" in alone.stderr
    refused = localise(model, folder, tmp_path / "out", "--target", "direction")
    assert "--target direction needs --latents" in refused.stderr


def test_class_and_direction_of_the_demo_are_compared(tmp_path: Path):
    made = xaae(
        *("localise", demo_checkpoint(), demo_images(), "--latents", demo_latents(), "--out", tmp_path / "out"),
        *("--target", "class", "--target", "direction", "--split", "all", "--only", "effusion", "--limit", 4),
        *("--method", "input_x_gradient", "--fixed-share", 0.1, "--json"),
    )
    assert made.exit_code == 0, made.output
    said = json.loads(made.stdout)
    assert said["targets"] == {"class": "logit of effusion", "direction": "score towards effusion (SD)"}
    (first,) = {tuple(each["first"]) for each in said["comparisons"]}
    assert first == ("input_x_gradient", "direction")
    energy = {line["target"]: line["mean"] for line in said["lines"] if line["measure"] == "energy_inside"}
    assert energy["direction"] > said["mask_share"]["mean"]


def test_the_mean_and_the_blurred_picture_can_be_what_is_compared_with(model: Path, folder: Path, tmp_path: Path):
    made = {
        name: localise(model, folder, tmp_path / name, "--baseline", name, "--method", "input_x_gradient").stdout
        for name in ("black", "blurred", "mean")
    }
    assert all("input_x_gradient (class)" in text for text in made.values())

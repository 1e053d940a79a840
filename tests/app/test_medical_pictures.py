"""DICOM and NIfTI through the app and the command line: one window, whatever the kind of file and the way in."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from click.testing import CliRunner

from app import cached
from app.cli import main
from app.training.parts import build_loaders, build_model
from app.training.request import TrainingRequest
from app.training.run import run_training
from tests.app.cli_folders import SIDE
from tests.xaae_core.data.dicom_files import dicom_file
from xaae_core.checkpoints import load_checkpoint, read_card, save_checkpoint
from xaae_core.data.dataset import read_dataset
from xaae_core.data.images import read_image, to_tensor
from xaae_core.data.recipes import recipe_for
from xaae_core.latents import encode_images, read_latents

WINDOW = (100.0, 160.0)


def squares(level: int, seed: int) -> np.ndarray:
    """Hounsfield units: a noisy square, brighter in one class."""
    values = np.random.default_rng(seed).integers(-20, 40, (SIDE, SIDE))
    values[12:36, 12:36] += 150 - 120 * level
    return values.astype(np.int16)


def scan(values: np.ndarray, **elements: Any) -> bytes:
    return dicom_file(values + np.int16(1024), RescaleSlope=1, RescaleIntercept=-1024, **elements)


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of DICOM without an ending, every second one with a window of its own."""
    folder = tmp_path_factory.mktemp("scans")
    for level, name in enumerate(("bright", "dark")):
        (folder / name).mkdir()
        for number in range(12):
            own = {"WindowCenter": 10 * number, "WindowWidth": 50 + number} if number % 2 else {}
            content = scan(squares(level, 100 * level + number), PatientID=f"{name} {number}", **own)
            (folder / name / f"IM{number:02}").write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def windowed_model(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with a window in its card."""
    opened = load_checkpoint(tiny_model)
    path = tmp_path_factory.mktemp("windowed") / "model.safetensors"
    return save_checkpoint(opened.model, path, replace(opened.card, window=list(WINDOW)))


def xaae(*arguments: object) -> Any:
    made = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert made.exit_code == 0, made.output
    return made


def test_extract_and_traverse_take_the_window_of_the_card(windowed_model: Path, scans: Path, tmp_path: Path):
    opened = load_checkpoint(windowed_model)
    assert opened.card.window == list(WINDOW)
    xaae("extract", windowed_model, scans, "--out", tmp_path / "latents.parquet")
    table = read_latents(tmp_path / "latents.parquet")
    assert len(table) == 24
    for row in (0, 5, 23):
        image = read_image(str(table.paths[row]), channels=1, size=(SIDE, SIDE), window=WINDOW)
        z, _ = encode_images(opened.model, to_tensor(image)[None])
        np.testing.assert_allclose(table.z[row], z[0], rtol=1e-4, atol=1e-5)
    # A case as DICOM, in a DICOM volume and as NIfTI is one case.
    values = squares(0, 7)
    volume = np.stack([values * 0, values, values * 0])
    (tmp_path / "case.dcm").write_bytes(scan(values))
    (tmp_path / "volume.dcm").write_bytes(scan(volume, WindowCenter=3, WindowWidth=9))
    stored = np.stack([np.rot90(plane[:, ::-1], -1) for plane in volume], axis=-1)  # x right, y front
    nibabel.save(nibabel.Nifti1Image(stored, np.eye(4)), tmp_path / "case.nii.gz")
    paths = []
    for number, name in enumerate(("case.dcm", "volume.dcm#1", "case.nii.gz#1")):
        out = tmp_path / f"path{number}"
        options = ("--latents", tmp_path / "latents.parquet", "--out", out, "--steps", 3, "--json")
        paths.append(json.loads(xaae("traverse", windowed_model, tmp_path / name, *options).stdout)["steps"])
    assert paths[0] == paths[1] == paths[2]


def test_the_app_reads_cases_uploads_and_slices_by_the_card(windowed_model: Path, tmp_path: Path):
    opened = load_checkpoint(windowed_model)
    recipe = recipe_for(opened.model, opened.card)
    volume = np.stack([squares(1, number) for number in range(3)])
    path = tmp_path / "volume.dcm"
    path.write_bytes(scan(volume))
    for number in range(3):
        expected = np.clip((volume[number] - 100.0) / 160 + 0.5, 0, 1)
        case = cached.picture_at(cached.stamp(Path(f"{path}#{number}")), recipe)
        np.testing.assert_allclose(case.pixels[0], expected, atol=1e-6)
        upload = cached.uploaded_picture(scan(volume[number]), "mine.dcm", recipe)
        np.testing.assert_array_equal(upload.pixels, case.pixels)
    before = cached.stamp(Path(f"{path}#1"))
    path.write_bytes(scan(volume + np.int16(9)))
    assert cached.stamp(Path(f"{path}#1")) != before


def test_scans_are_opened_and_uploaded_in_the_app(open_session: Any, windowed_model: Path, scans: Path):
    session = open_session("traverse.py", checkpoint=windowed_model, data=scans, case="dark/IM05")
    session.assert_well()
    session.assert_page_drawn()
    session.upload_picture("mine.dcm", scan(np.stack([squares(0, 1)] * 4)))
    session.assert_well()
    assert session.shown_case == "mine.dcm"
    assert "the middle one of 4 frames is used, #2" in session.words("caption")
    session.upload_picture("letter.dcm", dicom_file(squares(0, 1), PixelData=None))
    assert len(session.errors) == 1
    assert "image without its pixel data" in session.errors[0]
    assert session.shown_case == "mine.dcm"


def test_training_reads_by_the_window_and_writes_it_into_the_card(scans: Path, tmp_path: Path):
    dataset = read_dataset(scans)
    assert len(set(dataset.patients)) == 24
    request = TrainingRequest.from_mapping({"preset": "quick", "size": [SIDE, SIDE], "window": list(WINDOW)})
    loaders = build_loaders(dataset, build_model(dataset, request), request)
    images = next(iter(loaders.valid))[0]
    path = dataset.paths[dataset.rows("valid")[0]]
    expected = read_image(path, channels=1, size=(SIDE, SIDE), window=WINDOW).pixels
    np.testing.assert_array_equal(images[0].cpu().numpy(), expected)
    assert loaders.xaae_window == list(WINDOW)


def test_a_trained_model_treats_a_later_picture_as_in_training(scans: Path, tmp_path: Path):
    request = TrainingRequest(
        preset="quick",
        size=(SIDE, SIDE),
        window=WINDOW,
        encoder="small:8-16",
        batch_size=4,
        dims=4,
        recons_metric="ssim",
        epochs_consistency=0,
        epochs_sharpening=0,
        training={"epochs_adv": 1, "epochs_ae": 1, "epochs_classif": 1},
    )
    finished = run_training(read_dataset(scans), tmp_path / "run", request)
    assert read_card(finished.checkpoint).window == list(WINDOW)
    opened, table = load_checkpoint(finished.checkpoint), read_latents(finished.latents)
    again = recipe_for(opened.model, opened.card).read(Path(str(table.paths[3])).read_bytes(), name="upload.dcm")
    z, _ = encode_images(opened.model, to_tensor(again)[None])
    np.testing.assert_allclose(table.z[3], z[0], rtol=1e-3, atol=1e-4)

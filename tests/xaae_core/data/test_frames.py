"""`file#n` everywhere a picture is named: reading, inspecting, fingerprints, folders, tables, masks."""

import gzip
import hashlib
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image

from tests.xaae_core.data.dicom_files import dicom_file
from xaae_core.data.checks.picture_measures import measure_picture
from xaae_core.data.dataset import check_images, read_dataset
from xaae_core.data.fingerprints import fingerprint_images
from xaae_core.data.frames import FramePath, split_frame
from xaae_core.data.images import inspect_image, read_image
from xaae_core.errors import ImageError

RNG = np.random.default_rng(5)


def save_pages(path: Path, greys: list[int], sizes: list[tuple[int, int]] | None = None) -> Path:
    pages = [
        Image.fromarray(np.full(size, grey, np.uint8))
        for grey, size in zip(greys, sizes or [(20, 24)] * len(greys), strict=True)
    ]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    return path


def test_paths_are_parted_from_frames(tmp_path: Path):
    assert split_frame("scan.nii.gz#42") == FramePath(Path("scan.nii.gz"), 42)
    assert split_frame(Path("a/b#0")) == FramePath(Path("a/b"), 0)
    for plain in ("scan.nii", "scan#", "scan#-1", "scan#1.5", "scan#x", "#3", "scan#1234567890"):
        assert split_frame(plain) == FramePath(Path(plain), None)
    real = tmp_path / "case#7"
    real.touch()
    assert split_frame(real) == FramePath(real, None)
    assert split_frame(f"{real}#2") == FramePath(real, 2)


def test_real_files_with_a_number_sign_keep_working(tmp_path: Path, write_pictures: Callable[..., None]):
    names = ["ill/a#1.png", "ill/b#2", "well/#3.png", "well/c#d#4.png"]
    write_pictures(tmp_path, [name for name in names if name.endswith("png")])
    (tmp_path / "ill/b#2").write_bytes(dicom_file(np.zeros((20, 20), np.uint8)))
    data = read_dataset(tmp_path)
    assert data.ids == tuple(names)
    assert check_images(data) is data
    assert read_image(tmp_path / "ill/b#2").name == "b#2"
    assert read_image(tmp_path / "ill/b#2#0").name == "b#2#0"
    assert len(data.fingerprint) == 64


@pytest.mark.parametrize("ending", ["tif", "gif"])
def test_pages_and_frames_of_everyday_files(ending: str, tmp_path: Path):
    greys = [10, 100, 200]
    path = save_pages(tmp_path / f"pages.{ending}", greys)
    assert inspect_image(path).n_frames == 3
    for number, grey in enumerate(greys):
        image = read_image(f"{path}#{number}")
        assert round(float(image.pixels[0, 5, 5]) * 255) == grey
        assert image.notes == ()
    first = read_image(path)
    np.testing.assert_array_equal(first.pixels[0], read_image(f"{path}#0").pixels[0])
    assert first.notes == ("only the first of 3 frames or pages is used",)
    for reader in (read_image, inspect_image):
        with pytest.raises(ImageError, match=rf"pages.{ending}#3: frame #3 was asked for, but the file has 3 frames"):
            reader(f"{path}#3")


def test_one_picture_is_frame_0(tmp_path: Path, write_pictures: Callable[..., None]):
    write_pictures(tmp_path, ["one.png"])
    np.testing.assert_array_equal(read_image(tmp_path / "one.png#0").pixels, read_image(tmp_path / "one.png").pixels)
    with pytest.raises(ImageError, match="has 1 frame: the only one is #0"):
        read_image(tmp_path / "one.png#1")
    with pytest.raises(ImageError, match=r"two.png#1: there is no such file"):
        read_image(tmp_path / "two.png#1")


def test_limits_hold_for_later_pages(tmp_path: Path):
    path = save_pages(tmp_path / "pages.tif", [1, 2], [(20, 20), (4, 20)])
    assert read_image(f"{path}#0").source_size == (20, 20)
    with pytest.raises(ImageError, match="20 × 4 px; at least 16 px"):
        read_image(f"{path}#1")


def test_fingerprints_tell_frames_apart_and_read_a_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = save_pages(tmp_path / "pages.tif", [1, 2, 3])
    opened: list[Path] = []
    plain_open = Path.open
    monkeypatch.setattr(Path, "open", lambda self, *a, **k: opened.append(self) or plain_open(self, *a, **k))

    def fingerprint(numbers: list[int]) -> str:
        paths = [Path(f"{path}#{number}") for number in numbers]
        return fingerprint_images(["a", "b"], ["x", "y"], ["train", "train"], paths)

    assert fingerprint([0, 1]) == fingerprint([0, 1])
    assert opened == [path, path]
    assert len({fingerprint([0, 1]), fingerprint([0, 2]), fingerprint([1, 0])}) == 3
    before = fingerprint([0, 1])
    save_pages(path, [1, 2, 4])
    assert fingerprint([0, 1]) != before


def test_without_frames_fingerprints_stay_as_they_were(tmp_path: Path):
    """Cards and latents of earlier versions name their data by it."""
    (tmp_path / "a.png").write_bytes(b"1")
    digest = hashlib.blake2b(b"1").hexdigest()
    whole = hashlib.sha256()
    for text in ("a.png", "x", "train", "1", digest):
        whole.update(len(text).to_bytes(8, "big") + text.encode())
    assert fingerprint_images(["a.png"], ["x"], ["train"], [tmp_path / "a.png"]) == whole.hexdigest()


def volume_table(folder: Path) -> Path:
    """A table of slices of two volumes, with masks that are slices too."""
    for name in ("one", "two"):
        volume = RNG.integers(0, 99, (20, 20, 18)).astype(np.int16)
        nibabel.save(nibabel.Nifti1Image(volume, np.eye(4)), folder / f"{name}.nii.gz")
        nibabel.save(nibabel.Nifti1Image((volume > 50).astype(np.uint8), np.eye(4)), folder / f"{name}_mask.nii.gz")
    rows = [
        f"{name}.nii.gz#{number},{label},{name}_mask.nii.gz#{number},{name}"
        for name, label in (("one", "ill"), ("two", "well"))
        for number in range(3, 9)
    ]
    (folder / "labels.csv").write_text("\n".join(["file,label,mask,patient", *rows, "two.nii.gz#99,ill,,two"]))
    return folder


def test_tables_name_frames_and_masks_of_frames(tmp_path: Path):
    data = read_dataset(volume_table(tmp_path))
    assert len(data) == 12
    assert data.ids[0] == "one.nii.gz#3"
    assert data.masks[0] == tmp_path / "one_mask.nii.gz#3"
    assert all(data.masks)
    assert not any("mask" in note for note in data.notes)
    assert [(file.path.name, file.reason.split(":")[1]) for file in data.broken] == [
        ("two.nii.gz#99", " frame #99 was asked for, but the file has 18 frames")
    ]
    assert check_images(data) is data
    assert len({measure_picture(path).digest for path in data.paths}) == 12  # slices of one file are no copies
    assert measure_picture(data.paths[0]).digest == measure_picture(data.paths[0]).digest


def test_class_folders_list_medical_files_of_every_name(tmp_path: Path):
    names = ["a.dcm", "b.DICOM", "IM000001", "1.2.840.113619.2.55.3", "c.nii", "d.nii.gz"]
    for folder in ("ill", "well"):
        picture = dicom_file(RNG.integers(0, 99, (20, 20)).astype(np.uint8), PatientID=folder)
        (tmp_path / folder).mkdir()
        for name in names[:4]:
            (tmp_path / folder / name).write_bytes(picture)
        volume = nibabel.Nifti1Image(RNG.integers(0, 99, (20, 20, 18)).astype(np.int16), np.eye(4))
        for name in names[4:]:
            nibabel.save(volume, tmp_path / folder / name)
        (tmp_path / folder / "DICOMDIR").write_bytes(picture)
        (tmp_path / folder / "README").write_text("x")
        (tmp_path / folder / "2.5").write_text("x")
        (tmp_path / folder / "e.gz").write_text("x")
    data = read_dataset(tmp_path)
    assert sorted(data.ids) == sorted(f"{folder}/{name}" for folder in ("ill", "well") for name in names)
    assert "8 files are not pictures by their names and were ignored (.gz, no ending)" in data.notes
    patients = dict(zip(data.ids, data.patients, strict=True))
    assert len({patients[f"ill/{name}"] for name in names[:4]}) == 1
    assert patients["ill/c.nii"] == ""
    assert data.channels == 1


def test_streams_are_left_open(tmp_path: Path):
    volume = nibabel.Nifti1Image(RNG.integers(0, 99, (20, 20, 18)).astype(np.int16), np.eye(4)).to_bytes()
    for content in (dicom_file(np.zeros((20, 20), np.uint8)), volume, gzip.compress(volume)):
        stream = io.BytesIO(content)
        first = read_image(stream)
        np.testing.assert_array_equal(read_image(stream).pixels, first.pixels)
        assert not stream.closed


def test_loose_medical_files_are_counted(tmp_path: Path):
    for name in ("IM01", "b.dcm"):
        (tmp_path / name).write_bytes(dicom_file(np.zeros((20, 20), np.uint8)))
    with pytest.raises(Exception, match="holds 2 pictures without a class"):
        read_dataset(tmp_path)


def test_cmyk_is_said(encoded: Callable[..., bytes], colour: np.ndarray):
    image = read_image(encoded(Image.fromarray(colour).convert("CMYK"), "JPEG", quality=95))
    assert image.notes == ("its colours are CMYK and were converted without a colour profile: they may be off",)
    np.testing.assert_allclose(image.pixels, colour.transpose(2, 0, 1) / 255, atol=0.1)


def test_windows_do_not_touch_everyday_pictures(encoded: Callable[..., bytes], grey: np.ndarray):
    image = read_image(encoded(grey), window=(40, 400))
    np.testing.assert_array_equal(image.pixels, read_image(encoded(grey)).pixels)
    assert image.notes == (
        "a window was asked for, but only grey of DICOM and NIfTI has the units for one: its grey is used as it is",
    )


def test_a_copy_in_another_place_is_the_same_data_set(tmp_path: Path):
    (tmp_path / "here").mkdir()
    shutil.copytree(volume_table(tmp_path / "here"), tmp_path / "there" / "here")
    assert read_dataset(tmp_path / "here").fingerprint == read_dataset(tmp_path / "there" / "here").fingerprint

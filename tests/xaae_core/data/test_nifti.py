"""NIfTI volumes: the right slice the right way up, one scale for a volume, and refusals."""

import gzip
import io
import random
import struct
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from nibabel.orientations import axcodes2ornt, inv_ornt_aff, ornt_transform

from xaae_core.data import nifti, nifti_header
from xaae_core.data.images import inspect_image, read_image
from xaae_core.errors import ImageError

SHAPE = (20, 24, 18)
RNG = np.random.default_rng(3)
VOLUME = RNG.integers(-500, 1500, SHAPE).astype(np.int16)
ORIENTATIONS = ("RAS", "LAS", "LPS", "RPI", "PIR", "ASL", "SRA", "IPL")
Kind = type[nibabel.Nifti1Image] | type[nibabel.Nifti2Image]


def stored_as(volume: np.ndarray, codes: str, kind: Kind = nibabel.Nifti1Image) -> Any:
    """A canonical (RAS) volume as an image whose axes run as the codes say."""
    change = ornt_transform(axcodes2ornt("RAS"), axcodes2ornt(codes))
    array = nibabel.orientations.apply_orientation(volume, change)
    affine = np.diag([2.0, 2.0, 3.0, 1.0]) @ inv_ornt_aff(change, volume.shape)
    return kind(np.ascontiguousarray(array), affine)


def written(image: Any, folder: Path, name: str = "scan.nii") -> Path:
    path = folder / name
    nibabel.save(image, path)
    return path


def shown(canonical: np.ndarray, index: int) -> np.ndarray:
    """A slice [x, y] of a canonical volume as radiology shows it: front at the top, patient's right at the left."""
    return np.rot90(canonical[:, :, index])[:, ::-1]


@pytest.mark.parametrize("codes", ORIENTATIONS)
def test_a_marked_voxel_ends_where_the_convention_says(codes: str, tmp_path: Path):
    """Right, front, feet: at the left of the picture, at its top, in slice 0."""
    volume = np.zeros(SHAPE, np.uint8)
    volume[-1, -1, 0] = 100  # the last voxel towards the right and the front, the first from the feet
    path = written(stored_as(volume, codes), tmp_path)
    assert nibabel.aff2axcodes(nibabel.load(path).affine) == tuple(codes)
    assert inspect_image(path).size == (24, 20)
    assert inspect_image(path).n_frames == 18
    grey = read_image(f"{path}#0").pixels[0]
    assert grey[0, 0] == 1
    assert grey.sum() == 1
    assert read_image(f"{path}#1").pixels.sum() == 0


@pytest.mark.parametrize("codes", ORIENTATIONS)
@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz"])
@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
def test_slices_are_those_of_nibabels_canonical_volume(codes: str, name: str, kind: Kind, tmp_path: Path):
    path = written(stored_as(VOLUME, codes, kind), tmp_path, name)
    canonical = nibabel.as_closest_canonical(nibabel.load(path)).get_fdata()
    low, high = VOLUME.min(), VOLUME.max()
    for index in (0, 7, 17):
        expected = (shown(canonical, index) - low) / (high - low)
        np.testing.assert_allclose(read_image(f"{path}#{index}").pixels[0], expected, atol=1e-6)


def test_oblique_volumes_are_turned_to_the_closest_axes(tmp_path: Path):
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]]
    path = written(nibabel.Nifti1Image(VOLUME, turn @ np.diag([-1, 1, 1, 1])), tmp_path)
    canonical = nibabel.as_closest_canonical(nibabel.load(path)).get_fdata()
    expected = (shown(canonical, 4) - VOLUME.min()) / np.ptp(VOLUME)
    np.testing.assert_allclose(read_image(f"{path}#4").pixels[0], expected, atol=1e-6)


def test_the_middle_slice_and_the_scale_of_the_volume_are_said(tmp_path: Path):
    path = written(nibabel.Nifti1Image(VOLUME, np.eye(4)), tmp_path)
    image = read_image(path)
    np.testing.assert_array_equal(image.pixels, read_image(f"{path}#9").pixels)
    assert image.notes[0] == "the middle one of 18 slices is used, #9: add #0 to #17 to choose"
    assert f"the range of its whole volume, {VOLUME.min()} to {VOLUME.max()}, is black to white" in image.notes[1]
    assert image.bits == 16
    with pytest.raises(ImageError, match=r"scan.nii#18: frame #18 .* has 18 frames: their numbers are #0 to #17"):
        read_image(f"{path}#18")


@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz"])
def test_windows_and_scaling(name: str, tmp_path: Path):
    image = nibabel.Nifti1Image(VOLUME, np.eye(4))
    image.header.set_slope_inter(0.5, 10)
    path = tmp_path / name
    data = nibabel.Nifti1Image(VOLUME * 0.5 + 10, np.eye(4), image.header).to_bytes()
    path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    values = shown(nibabel.load(path).get_fdata(), 3)
    windowed = read_image(f"{path}#3", window=(100, 50))
    np.testing.assert_allclose(windowed.pixels[0], np.clip((values - 100) / 50 + 0.5, 0, 1), atol=1e-6)
    assert windowed.notes == ()
    assert np.ptp(values) > 500


def test_the_files_own_range_is_used(tmp_path: Path):
    image = nibabel.Nifti1Image(VOLUME, np.eye(4))
    image.header["cal_min"], image.header["cal_max"] = -100, 300
    own = read_image(f"{written(image, tmp_path)}#3")
    np.testing.assert_allclose(own.pixels[0], np.clip((shown(VOLUME, 3) + 100) / 400, 0, 1), atol=1e-6)
    assert own.notes == ()


def test_equal_voxels_are_equal_greys_in_all_slices(tmp_path: Path):
    volume = VOLUME.copy()
    volume[:, :, 4], volume[5, 5, :] = 0, 777
    path = written(nibabel.Nifti1Image(volume, np.eye(4)), tmp_path)
    greys = {float(read_image(f"{path}#{index}").pixels[0, 24 - 1 - 5, 20 - 1 - 5]) for index in range(18)}
    assert len(greys) == 1


def test_a_file_that_changes_is_measured_again(tmp_path: Path):
    for top in (2000, 5000):
        volume = VOLUME.copy()
        volume[0, 0, 0] = top
        path = written(nibabel.Nifti1Image(volume, np.eye(4)), tmp_path)
        assert f"to {top}, is black to white" in read_image(path).notes[1]


def test_the_first_of_several_volumes_is_used(tmp_path: Path):
    series = np.stack([VOLUME, VOLUME // 2, VOLUME * 0], axis=-1)
    path = written(nibabel.Nifti1Image(series, np.eye(4)), tmp_path)
    image = read_image(f"{path}#2")
    np.testing.assert_allclose(image.pixels[0], (shown(VOLUME, 2) + 500) / np.ptp(VOLUME), atol=1e-3)
    assert image.notes[0] == "only the first of 3 volumes is used"


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_kind_of_voxel(kind: type, order: str):
    values = (np.abs(VOLUME) % 200).astype(np.dtype(kind).newbyteorder(order))
    header = nibabel.Nifti1Header(endianness=order)
    header.set_data_dtype(values.dtype)
    data = nibabel.Nifti1Image(values, np.eye(4), header).to_bytes()
    assert struct.unpack(f"{order}i", data[:4]) == (348,)
    np.testing.assert_allclose(read_image(data).pixels[0], shown(values, 9) / 199, atol=1e-6)


def test_what_is_no_number_is_black():
    values = VOLUME.astype(np.float32)
    values[3, 4, 9], values[5, 6, 9] = np.nan, -np.inf
    image = read_image(nibabel.Nifti1Image(values, np.eye(4)).to_bytes())
    assert image.pixels[0, 23 - 4, 19 - 3] == image.pixels[0, 23 - 6, 19 - 5] == 0
    assert "what is no number is shown as black" in image.notes
    assert "-500 to 1499" in " ".join(image.notes)


def test_colour_and_flat_volumes():
    colours = RNG.integers(0, 256, (*SHAPE, 3)).astype(np.uint8)
    packed = colours.view([("R", "u1"), ("G", "u1"), ("B", "u1")])[..., 0]
    image = read_image(nibabel.Nifti1Image(packed, np.eye(4)).to_bytes())
    np.testing.assert_array_equal(np.rint(image.pixels.transpose(1, 2, 0) * 255), shown(colours, 9))
    flat = read_image(nibabel.Nifti1Image(VOLUME[:, :, 5], np.eye(4)).to_bytes())
    np.testing.assert_allclose(
        flat.pixels[0], (shown(VOLUME, 5) - VOLUME[:, :, 5].min()) / np.ptp(VOLUME[:, :, 5]), atol=1e-6
    )
    assert (read_image(nibabel.Nifti1Image(VOLUME * 0 + 7, np.eye(4)).to_bytes()).pixels == 0).all()


def test_unknown_orientation_and_unequal_sides_are_said():
    image = nibabel.Nifti1Image(VOLUME, np.diag([1, 2, 2, 1]))
    assert "its pixels are not square (1 × 2) and are not stretched" in read_image(image.to_bytes()).notes
    image.set_sform(None, 0)
    image.set_qform(None, 0)
    assert any("left and right may be swapped" in note for note in read_image(image.to_bytes()).notes)


class CountedReads(io.BytesIO):
    n_read = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.n_read += len(data)
        return data

    def readinto(self, buffer: Any, /) -> int:
        n_bytes = super().readinto(buffer)
        self.n_read += n_bytes
        return n_bytes


def test_only_what_is_wanted_is_read():
    large = np.zeros((100, 100, 200), np.int16)
    data = nibabel.Nifti1Image(large, np.eye(4)).to_bytes()
    for reader, most in ((inspect_image, 3_000), (lambda stream: read_image(stream, window=(0, 2)), 30_000)):
        stream = CountedReads(data)
        reader(stream)
        assert stream.n_read < most
    stream = CountedReads(gzip.compress(RNG.integers(0, 99, 5_000_000).astype(np.uint8).tobytes()))
    stream = CountedReads(
        gzip.compress(nibabel.Nifti1Image(RNG.integers(0, 99, (100, 100, 200)).astype(np.uint8), np.eye(4)).to_bytes())
    )
    inspect_image(stream)
    assert stream.n_read < 200_000


def header_of(**entries: Any) -> bytes:
    header = nibabel.Nifti1Header()
    header.set_data_shape(SHAPE)
    header.set_data_dtype(np.int16)
    header["magic"], header["vox_offset"] = b"n+1", 352
    for name, value in entries.items():
        header[name] = value
    return header.binaryblock + bytes(4)


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({"dim": [3, 0, 24, 18, 1, 1, 1, 1]}, "its header cannot be read"),
        ({"dim": [1, 20, 1, 1, 1, 1, 1, 1]}, "its header cannot be read"),
        ({"dim": [9, 20, 24, 18, 1, 1, 1, 1]}, "its header cannot be read"),
        ({"dim": [3, -5, 24, 18, 1, 1, 1, 1]}, "its header cannot be read"),
        ({"datatype": 4711}, "its header cannot be read"),
        ({"datatype": 32, "bitpix": 64}, "its voxels are complex64; expected whole or real numbers"),
        ({"vox_offset": 3}, "its header cannot be read"),
        ({"vox_offset": np.nan}, "its header cannot be read"),
        ({"vox_offset": 1e9}, "its header cannot be read"),
        ({"dim": [3, 8, 24, 18, 1, 1, 1, 1]}, "8 × 24 px; at least 16 px"),
        ({"dim": [3, 9000, 9000, 18, 1, 1, 1, 1]}, "volume takes 2,781 MB; at most 2,048 MB"),
        ({"dim": [3, 9000, 9000, 2, 1, 1, 1, 1]}, "at most 64 megapixels"),
        ({"sform_code": 1, "srow_x": [0, 0, 0, 0]}, "its header cannot be read"),
        ({"sform_code": 1, "srow_x": [np.nan, 0, 0, 0]}, "its header cannot be read"),
        ({}, r"truncated \(352 of 17,632 bytes are there\)"),
        ({"magic": b"ni1"}, "one of a pair of files"),
    ],
)
def test_damage_and_limits(entries: dict[str, Any], reason: str):
    with pytest.raises(ImageError, match=reason):
        inspect_image(header_of(**entries))


def test_a_gzip_bomb_is_refused_by_its_header_or_read_in_pieces(monkeypatch: pytest.MonkeyPatch):
    began = time.perf_counter()
    bomb = gzip.compress(header_of(dim=[3, 4000, 4000, 200, 1, 1, 1, 1]) + bytes(10**7))
    with pytest.raises(ImageError, match="volume takes 6,104 MB"):
        inspect_image(bomb)
    # The header says little and the rest is endless: only what the header says is ever inflated.
    endless = gzip.compress(header_of() + bytes(np.prod(SHAPE) * 2)) + gzip.compress(bytes(10**8))
    read_image(endless)
    assert time.perf_counter() - began < 2
    monkeypatch.setattr(nifti_header, "MAX_VOLUME_BYTES", 10_000)
    with pytest.raises(ImageError, match="at most 0 MB"):
        inspect_image(header_of())


def test_other_files_under_the_same_names(tmp_path: Path):
    for name, content, reason in (
        ("notes.nii", b"plain text", "by its name a NIfTI volume, but is not"),
        ("notes.nii.gz", gzip.compress(b"plain text"), "compressed with gzip, and what is in it is not a NIfTI volume"),
        ("archive.gz", gzip.compress(bytes(5000)), "unpack it first"),
        ("cut.nii.gz", b"\x1f\x8b", "compressed with gzip"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ImageError, match=reason):
            read_image(tmp_path / name)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_no_damage_gives_anything_but_pixels_or_an_image_error(
    pack: Callable[[bytes], bytes], capfd: pytest.CaptureFixture[str]
):
    n_refused = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for kind, voxels in (
            (nibabel.Nifti1Image, np.int16),
            (nibabel.Nifti1Image, np.float32),
            (nibabel.Nifti2Image, np.uint8),
        ):
            data = pack(kind(VOLUME.astype(voxels), np.eye(4)).to_bytes())
            rng = random.Random(voxels.__name__)
            for _ in range(150):
                damaged = bytearray(data[: rng.randrange(1, len(data))] if rng.random() < 0.3 else data)
                for _ in range(rng.choice([1, 3, 10])):
                    damaged[rng.randrange(min(len(damaged), rng.choice([120, 400, 20_000])))] = rng.randrange(256)
                try:
                    pixels = read_image(bytes(damaged), name="scan.nii.gz", size=(24, 24), channels=3).pixels
                except ImageError:
                    n_refused += 1
                else:
                    assert np.isfinite(pixels).all()
    assert n_refused > 100
    assert capfd.readouterr() == ("", "")


def test_ranges_are_remembered_for_files_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = written(nibabel.Nifti1Image(VOLUME, np.eye(4)), tmp_path)
    measured: list[str] = []
    measure = nifti._measure
    monkeypatch.setattr(nifti, "_measure", lambda *arguments: measured.append("") or measure(*arguments))
    for index in range(4):
        read_image(f"{path}#{index}")
    assert len(measured) == 1
    read_image(path.read_bytes())
    read_image(path.read_bytes())
    assert len(measured) == 3

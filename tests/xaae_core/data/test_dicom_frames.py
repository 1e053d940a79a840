"""Frames of a DICOM file, compressed and not: the one that is asked for, exactly as it went in."""

import io
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.uid import JPEG2000Lossless, RLELossless

from tests.xaae_core.data.dicom_files import dicom_dataset, dicom_file, file_of, transcode
from xaae_core.data import codec_process
from xaae_core.data.images import inspect_image, read_image
from xaae_core.errors import ImageError

RNG = np.random.default_rng(7)
PICTURES = {
    "8 bits": (RNG.integers(0, 256, (40, 48)).astype(np.uint8), 8),
    "12 bits": (RNG.integers(0, 4096, (40, 48)).astype(np.uint16), 12),
    "12 signed": (RNG.integers(-2048, 2048, (40, 48)).astype(np.int16), 12),
    "16 bits": (RNG.integers(0, 65536, (40, 48)).astype(np.uint16), 16),
    "16 signed": (RNG.integers(-32768, 32768, (40, 48)).astype(np.int16), 16),
    "colour": (RNG.integers(0, 256, (40, 48, 3)).astype(np.uint8), 8),
}
LOSSLESS = (
    *("ImplicitVRLittleEndian", "ExplicitVRBigEndian", "DeflatedExplicitVRLittleEndian", "RLELossless"),
    *("JPEGLosslessProcess14", "JPEGLosslessProcess14_1", "JPEGLSLossless", "JPEG2000Lossless", "JPEG2000"),
)
LOSSY = ("JPEGBaselineProcess1", "JPEGExtendedProcess2_4", "JPEGLSNearLossless")


@pytest.mark.parametrize("syntax", LOSSLESS)
@pytest.mark.parametrize("kind", PICTURES)
def test_what_gdcm_can_encode_without_loss_comes_back_exactly(syntax: str, kind: str, tmp_path: Path):
    array, bits = PICTURES[kind]
    plain = dicom_file(array, bits=bits)
    encoded = transcode(plain, syntax, tmp_path)
    assert encoded is not None
    np.testing.assert_array_equal(read_image(encoded).pixels, read_image(plain).pixels)


@pytest.mark.parametrize("syntax", LOSSY)
@pytest.mark.parametrize("kind", PICTURES)
def test_what_gdcm_can_encode_with_loss_comes_back_nearly(syntax: str, kind: str, tmp_path: Path):
    array, bits = PICTURES[kind]
    rows, columns = np.mgrid[0:40, 0:48]
    smooth = ((rows * 3 + columns * 2) * (2 ** (bits - 8))).astype(array.dtype)
    if array.ndim == 3:
        smooth = np.stack([smooth, smooth[::-1], 255 - smooth], axis=-1)
    plain = dicom_file(smooth, bits=bits)
    encoded = transcode(plain, syntax, tmp_path)
    if encoded is None:
        assert bits > 8  # baseline JPEG has 8 bits, extended JPEG 12 without a sign
        return
    # GDCM writes colour as YCbCr and says RGB: only the codestream tells, see `Codestream.is_ycc`.
    np.testing.assert_allclose(read_image(encoded).pixels, read_image(plain).pixels, atol=0.03)


@pytest.mark.parametrize("syntax", ["JPEGLosslessProcess14_1", "JPEGLSLossless", "JPEG2000Lossless", "RLELossless"])
@pytest.mark.parametrize("kind", ["12 bits", "12 signed"])
def test_codestreams_of_more_bits_than_are_stored(syntax: str, kind: str, tmp_path: Path):
    array, _ = PICTURES[kind]
    encoded = transcode(dicom_file(array), syntax, tmp_path)
    assert encoded is not None
    dataset = pydicom.dcmread(io.BytesIO(encoded))
    dataset.BitsStored, dataset.HighBit = 12, 11
    expected = read_image(dicom_file(array, bits=12)).pixels
    np.testing.assert_array_equal(read_image(file_of(dataset)).pixels, expected)


def volume_file(folder: Path, *, syntax: str | None = None) -> tuple[Path, np.ndarray]:
    volume = np.stack([np.full((64, 72), 40 * number, np.uint8) for number in range(5)])
    dataset = dicom_dataset(volume)
    if syntax == RLELossless:
        dataset.compress(RLELossless, encoding_plugin="pydicom")  # GDCM's encoder spoils frames
    elif syntax:
        frames = [pydicom.pixels.get_encoder(syntax).encode(dataset, index=index) for index in range(5)]
        dataset.file_meta.TransferSyntaxUID = syntax
        if folder.name == "extended":
            dataset.PixelData, dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = encapsulate_extended(
                frames
            )
        else:
            dataset.PixelData = encapsulate(frames, has_bot=folder.name == "table")
    folder.mkdir(exist_ok=True)
    path = folder / "volume.dcm"
    path.write_bytes(file_of(dataset))
    return path, volume


@pytest.mark.parametrize(
    ("syntax", "offsets"),
    [(None, ""), (RLELossless, ""), *((JPEG2000Lossless, table) for table in ("table", "none", "extended"))],
)
def test_frames_by_number(syntax: str | None, offsets: str, tmp_path: Path):
    path, volume = volume_file(tmp_path / (offsets or "plain"), syntax=syntax)
    assert inspect_image(path).n_frames == 5
    for number in range(5):
        image = read_image(f"{path}#{number}")
        np.testing.assert_array_equal(np.rint(image.pixels[0] * 255), volume[number])
        assert (image.name, image.notes) == (f"volume.dcm#{number}", ())
    middle = read_image(path)
    np.testing.assert_array_equal(np.rint(middle.pixels[0] * 255), volume[2])
    assert middle.notes == ("the middle one of 5 frames is used, #2: add #0 to #4 to choose",)
    for reader in (read_image, inspect_image):
        with pytest.raises(ImageError, match=r"volume.dcm#5: frame #5 .* the file has 5 frames: .* #0 to #4"):
            reader(f"{path}#5")


def test_one_bit_frames_that_begin_within_a_byte(tmp_path: Path):
    masks = RNG.random((3, 17, 19)) < 0.5  # 323 bits a frame
    dataset = dicom_dataset(masks.astype(np.uint8), BitsAllocated=1, BitsStored=1, HighBit=0)
    dataset.PixelData = np.packbits(masks.ravel(), bitorder="little").tobytes() + b"\0"
    path = tmp_path / "masks.dcm"
    path.write_bytes(file_of(dataset))
    for number, mask in enumerate(masks):
        np.testing.assert_array_equal(read_image(f"{path}#{number}").pixels[0], mask)


def test_compressed_pixels_in_several_pieces(tmp_path: Path):
    encoded = transcode(dicom_file(PICTURES["16 bits"][0]), "JPEG2000Lossless", tmp_path)
    assert encoded is not None
    dataset = pydicom.dcmread(io.BytesIO(encoded))
    frame = next(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=1))
    dataset.PixelData = encapsulate([frame], fragments_per_frame=4)
    np.testing.assert_array_equal(read_image(file_of(dataset)).pixels, read_image(encoded).pixels)


def test_a_decoder_that_dies_takes_nobody_with_it(tmp_path: Path):
    """GDCM ends its process on this codestream; that must not be ours, and the next picture must be read."""
    sound = transcode(dicom_file(PICTURES["12 bits"][0], bits=12), "JPEGLSLossless", tmp_path)
    assert sound is not None
    expected = read_image(sound).pixels
    for cut in (0.3, 0.6, 0.9):
        dataset = pydicom.dcmread(io.BytesIO(sound))
        frame = next(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=1))
        dataset.PixelData = encapsulate([frame[: int(len(frame) * cut)]])
        with pytest.raises(ImageError, match=r"its compressed pixels cannot be decoded"):
            read_image(file_of(dataset))
        np.testing.assert_array_equal(read_image(sound).pixels, expected)


def test_a_decoder_that_is_killed_or_hangs_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    sound = transcode(dicom_file(PICTURES["12 bits"][0], bits=12), "JPEG2000Lossless", tmp_path)
    assert sound is not None
    expected = read_image(sound).pixels
    os.kill(codec_process._idle[-1]._process.pid, signal.SIGKILL)
    codec_process._idle[-1]._process.wait()
    np.testing.assert_array_equal(read_image(sound).pixels, expected)
    monkeypatch.setattr(codec_process, "TIMEOUT", 0.05)
    os.kill(codec_process._idle[-1]._process.pid, signal.SIGSTOP)
    with pytest.raises(ImageError, match="cannot be decoded"):
        read_image(sound)
    monkeypatch.undo()
    np.testing.assert_array_equal(read_image(sound).pixels, expected)


def test_no_process_to_decode_in_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    sound = transcode(dicom_file(PICTURES["12 bits"][0], bits=12), "JPEGLSLossless", tmp_path)
    assert sound is not None
    codec_process._stop_all()
    monkeypatch.setattr(codec_process.sys, "executable", str(tmp_path / "no_python"))
    with pytest.raises(ImageError, match=r"could not be started .No such file or directory.: .* without compression"):
        read_image(sound)


def test_threads_decode_at_the_same_time(tmp_path: Path):
    files = []
    for number in range(12):
        array = np.full((20, 24), number * 20, np.uint8)
        encoded = transcode(dicom_file(array), "JPEG2000Lossless", tmp_path)
        assert encoded is not None
        files.append(encoded)
    with ThreadPoolExecutor(4) as pool:
        greys = [round(float(image.pixels[0, 3, 3]) * 255) for image in pool.map(read_image, files)]
    assert greys == [number * 20 for number in range(12)]
    assert len(codec_process._idle) <= 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_has_decoders_of_its_own(tmp_path: Path):
    """As the workers of a data loader are."""
    sound = transcode(dicom_file(PICTURES["8 bits"][0]), "JPEG2000Lossless", tmp_path)
    assert sound is not None
    expected = read_image(sound).pixels
    child = os.fork()
    if child == 0:
        is_equal = np.array_equal(read_image(sound).pixels, expected)
        codec_process._stop_all()
        os._exit(0 if is_equal else 1)
    np.testing.assert_array_equal(read_image(sound).pixels, expected)
    assert os.waitpid(child, 0)[1] == 0

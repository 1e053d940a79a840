"""DICOM files that hold no picture, or one that must not or cannot be read: refused, with the right reason."""

import io
import random
import struct
import time
import traceback
import tracemalloc
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    MPEG4HP41,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
    RTStructureSetStorage,
    SecondaryCaptureImageStorage,
)

from tests.xaae_core.data.dicom_files import dicom_dataset, dicom_file, file_of, transcode
from xaae_core.data import dicom_header
from xaae_core.data.images import inspect_image, read_image
from xaae_core.errors import ImageError

RAMP = (np.arange(32 * 40).reshape(32, 40) * 3).astype(np.uint16)
SECRET = "Doe^Jane of 17 Elm Street"


def test_what_has_no_pixels_says_what_it_is():
    for elements, reason in (
        ({"SOPClassUID": RTStructureSetStorage}, "of the kind RT Structure Set Storage: leave it out"),
        ({"SOPClassUID": SecondaryCaptureImageStorage}, "Secondary Capture image without its pixel data, cut off"),
        ({"SOPClassUID": "1.2.3.4"}, "without pixel data, and does not say what it is"),
        ({"EncryptedAttributesSequence": Sequence([Dataset()])}, "its contents are encrypted"),
    ):
        data = dicom_file(RAMP, PixelData=None, **elements)
        for reader in (read_image, inspect_image):
            with pytest.raises(ImageError, match=reason):
                reader(data)


def test_private_elements_only():
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID, dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3", "1.2.4"
    dataset.add_new(0x00090010, "LO", "SOMEBODY")
    dataset.add_new(0x00091001, "LO", SECRET)
    with pytest.raises(ImageError, match=r"holds private elements only \(2\), no picture"):
        read_image(file_of(dataset))


def test_envelopes_are_named():
    enveloped = bytes.fromhex("3080 06092a864886f70d010703 a080 3080") + bytes(1000)
    with pytest.raises(ImageError, match="encrypted or signed as a whole"):
        read_image(enveloped)


def test_text_with_the_ending_of_dicom(tmp_path: Path):
    for name, content in (("a.dcm", b"<html>not found</html>" * 9), ("b.dicom", b"x"), ("c.dcm", bytes(4000))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ImageError, match=r"not DICOM|its header cannot be read"):
            read_image(tmp_path / name)


def test_a_png_with_the_ending_of_dicom_is_a_png(tmp_path: Path, encoded: Callable[..., bytes], grey: np.ndarray):
    path = tmp_path / "renamed.dcm"
    path.write_bytes(encoded(grey))
    assert read_image(path).pixels.shape == (1, 40, 32)


@pytest.mark.parametrize(
    "keyword", ["Rows", "Columns", "BitsAllocated", "PhotometricInterpretation", "SamplesPerPixel"]
)
def test_missing_elements_are_named(keyword: str):
    with pytest.raises(ImageError, match=f"has pixels, but does not say their {keyword}: export it again"):
        inspect_image(dicom_file(RAMP, **{keyword: None}))


@pytest.mark.parametrize(
    ("elements", "reason"),
    [
        ({"SamplesPerPixel": 4}, "4 samples a pixel cannot be read; expected 1 or 3"),
        (
            {"PhotometricInterpretation": "HSV"},
            "photometric interpretation cannot be read; expected one of MONOCHROME1",
        ),
        ({"BitsAllocated": 12}, "12 bits allocated cannot be read; expected 1 or 8 or 16 or 32"),
        ({"BitsAllocated": 64}, "64 bits allocated"),
        ({"BitsStored": 17}, "17 bits stored cannot be read"),
        ({"BitsStored": 0}, "0 bits stored"),
        ({"BitsStored": 12, "HighBit": 3}, "high bit 3"),
        ({"NumberOfFrames": 0}, "0 frames cannot be read"),
        ({"NumberOfFrames": 10**7}, "10,000,000 frames cannot be read; expected 1 to 100,000"),
        ({"Rows": 30_000, "Columns": 30_000}, "900 megapixels; at most 64 megapixels"),
        ({"Rows": 8}, "40 × 8 px; at least 16 px"),
        ({"PixelData": b""}, r"pixel data are empty \(0 bytes\)"),
        ({"PixelData": RAMP.tobytes()[:-40]}, r"wrong length, 2,520 bytes; 1 × 40 × 32 px of 1 × 16 bits take 2,560"),
        ({"NumberOfFrames": 3}, "wrong length, 2,560 bytes; 3 × 40 × 32 px of 1 × 16 bits take 7,680"),
    ],
)
def test_contradictions_and_limits(elements: dict[str, Any], reason: str):
    with pytest.raises(ImageError, match=reason):
        inspect_image(dicom_file(RAMP, **elements))


def test_pixels_that_are_too_long_are_read_and_said():
    image = read_image(dicom_file(RAMP, PixelData=RAMP.tobytes() + bytes(30)))
    assert "30 bytes after its pixels are not used" in image.notes


@pytest.mark.parametrize("is_explicit", [True, False])
def test_truncated_files(is_explicit: bool):
    syntax = pydicom.uid.ExplicitVRLittleEndian if is_explicit else pydicom.uid.ImplicitVRLittleEndian
    data = dicom_file(RAMP, syntax=syntax)
    for n_missing in (1, 100, 2559):
        with pytest.raises(ImageError, match=rf"truncated \({2560 - n_missing:,} of 2,560 bytes of pixels are there\)"):
            inspect_image(data[:-n_missing])
    with pytest.raises(ImageError, match="without its pixel data, cut off"):
        inspect_image(data[:-2600])


def test_unsupported_transfer_syntaxes_are_named():
    video = dicom_file(RAMP, syntax=MPEG4HP41, PixelData=encapsulate([b"1234"]))
    unknown = video.replace(MPEG4HP41.encode(), b"9.2.840.10008.1.2.4.102")
    for data, name in ((video, "MPEG-4 AVC/H.264 High Profile"), (unknown, "one that is not in the standard")):
        with pytest.raises(ImageError, match=f"its transfer syntax, {name}.*, is not supported: export it"):
            inspect_image(data)


def test_compressed_or_not_must_be_said_rightly():
    data = dicom_file(RAMP)
    said = data.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.5\0")
    with pytest.raises(ImageError, match="says that the pixels are compressed, but they are not"):
        inspect_image(said)
    frame = dicom_dataset(RAMP, syntax=RLELossless, PixelData=encapsulate([b"1234"]))
    with pytest.raises(ImageError, match="says that the pixels are not compressed, but they are compressed"):
        inspect_image(file_of(frame).replace(b"1.2.840.10008.1.2.5\0", b"1.2.840.10008.1.2.1\0"))


@pytest.mark.parametrize("syntax", [RLELossless, JPEGBaseline8Bit, JPEG2000Lossless])
def test_compressed_pixels_that_are_none(syntax: str):
    for codestream in (b"", b"\0" * 64, b"\xff\xd8\xff\xe0 nothing", bytes(range(256)) * 4):
        data = dicom_file(RAMP, syntax=syntax, PixelData=encapsulate([codestream or b"\0\0"]))
        with pytest.raises(ImageError, match="damaged or truncated"):
            read_image(data)
    empty = dicom_file(RAMP, syntax=syntax, PixelData=b"\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0")
    with pytest.raises(ImageError, match=r"pixel data are empty \(0 bytes\)"):
        read_image(empty)


def test_compressed_pixels_that_are_cut_off(tmp_path: Path):
    encoded = transcode(dicom_file(RAMP), "JPEG2000Lossless", tmp_path)
    assert encoded is not None
    for n_missing in (20, 200):
        with pytest.raises(ImageError, match="damaged or truncated"):
            read_image(encoded[:-n_missing])


def test_a_codestream_of_another_size_never_reaches_a_decoder(tmp_path: Path):
    encoded = transcode(dicom_file(RAMP), "JPEG2000Lossless", tmp_path)
    assert encoded is not None
    start = encoded.index(b"\xff\x4f\xff\x51") + 8
    huge = bytearray(encoded)
    huge[start : start + 8] = struct.pack(">II", 60_000, 60_000)
    with pytest.raises(ImageError, match=r"its compressed picture is 60,000 × 60,000 px .* header says 40 × 32 px"):
        read_image(bytes(huge))


def test_a_run_length_bomb_is_refused():
    bomb = struct.pack("<16I", 2, 64, 300_000, *[0] * 13) + b"\x81\0" * 300_000  # 77 MB for 2,560 bytes
    data = dicom_file(RAMP, syntax=RLELossless, PixelData=encapsulate([bomb]))
    with pytest.raises(ImageError, match="longer than the picture can need"):
        read_image(data)


def test_a_deflate_bomb_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dicom_header, "MAX_INFLATED_BYTES", 1024**2)
    data = dicom_file(RAMP)
    meta = data[: data.index(b"\x08\0\x16\0UI")].replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99")
    # the length of the transfer syntax grows by two bytes and stays even
    place = meta.index(b"\x02\0\x10\0UI") + 6
    meta = meta[:place] + struct.pack("<H", 22) + meta[place + 2 :]
    deflater = zlib.compressobj(9, wbits=-15)
    body = deflater.compress(data[data.index(b"\x08\0\x16\0UI") :] + bytes(50 * 1024**2)) + deflater.flush()
    tracemalloc.start()
    with pytest.raises(ImageError, match="deflated contents are larger than 1 MB"):
        read_image(meta + body)
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()


@pytest.mark.parametrize("name", ["large.dcm", "large", "large.nii", "large.nii.gz"])
def test_2_gb_are_refused_at_once_without_reading_them(name: str, tmp_path: Path):
    path = tmp_path / name
    with path.open("wb") as file:
        file.write(dicom_file(RAMP))
        file.truncate(2 * 1024**3)
    began = time.perf_counter()
    with pytest.raises(ImageError, match="2,048 MB; at most 512 MB are opened"):
        read_image(path)
    assert time.perf_counter() - began < 0.1


class CountedReads(io.BytesIO):
    """An upload that counts what is read of it."""

    n_read = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.n_read += len(data)
        return data


def test_a_header_is_read_without_the_pixels():
    volume = np.zeros((50, 200, 200), np.uint16)
    stream = CountedReads(dicom_file(volume, bits=12))
    assert inspect_image(stream).n_frames == 50
    assert stream.n_read < 5_000
    stream = CountedReads(dicom_file(volume, bits=12))
    read_image(stream)
    assert stream.n_read < 5_000 + 200 * 200 * 2 + 5_000  # one frame of the fifty


def test_nothing_of_the_patient_is_told(recwarn: pytest.WarningsRecorder):
    about = {
        "PatientName": SECRET,
        "PatientID": SECRET,
        "PatientComments": SECRET,
        "StudyDescription": SECRET,
        "WindowCenterWidthExplanation": SECRET,
        "PatientBirthDate": "not a date",
    }
    sound = dicom_file(RAMP, **about, WindowCenter=[1, 2], WindowWidth=[3, 4])
    bad = [
        dicom_file(RAMP, **about, **elements)
        for elements in (
            *({"PixelData": None}, {"PixelData": b""}, {"Rows": None}, {"BitsAllocated": 12}, {"Columns": 30_000}),
            *({"PixelData": None, "SOPClassUID": None}, {"PhotometricInterpretation": "DOE JANE"}),
        )
    ]
    recwarn.clear()  # of what pydicom says while it writes them
    told = [*read_image(sound).notes, str(inspect_image(sound))]
    for data in bad:
        with pytest.raises(ImageError) as caught:
            read_image(data)
        told.append(str(caught.value))
    text = " ".join(told)
    assert not any(word in text for word in ("Doe", "DOE", "Jane", "Elm", "not a date"))
    assert [str(warning.message) for warning in recwarn] == []


def test_errors_do_not_carry_the_words_of_the_decoder():
    """Those quote elements, which may be anybody's in a damaged file; a log that prints the cause would show them."""
    data = dicom_file(RAMP, WindowCenter="77777.", WindowWidth=500).replace(b"77777.", b"J.Doe ")
    assert b"J.Doe" in data
    with pytest.raises(ImageError, match=r"truncated .WindowCenter cannot be read.") as caught:
        read_image(data)
    assert "Doe" not in "".join(traceback.format_exception(caught.value))


def test_one_patient_has_one_digest():
    def patient(**elements: Any) -> str:
        return inspect_image(dicom_file(RAMP, **elements)).patient

    assert patient() == patient(PatientID="") == ""
    assert patient(PatientID="A-17") == patient(PatientID="A-17 ") == patient(PatientID="A-17", PatientName=SECRET)
    assert patient(PatientID="A-17") != patient(PatientID="A-18")
    assert len(patient(PatientID="A-17")) == 16
    assert int(patient(PatientID="A-17"), 16)


def test_no_damage_gives_anything_but_pixels_or_an_image_error(tmp_path: Path):
    files = {"plain": dicom_file(RAMP, bits=12, WindowCenter=900, WindowWidth=700, RescaleSlope=1, RescaleIntercept=-9)}
    volume = dicom_dataset(np.stack([RAMP, RAMP]))
    volume.compress(RLELossless, encoding_plugin="pydicom")
    files["run lengths"] = file_of(volume)
    for syntax in ("ImplicitVRLittleEndian", "JPEGLosslessProcess14_1", "JPEGLSLossless", "JPEG2000Lossless"):
        files[syntax] = transcode(files["plain"], syntax, tmp_path) or b""
    colours = np.dstack([RAMP % 256, RAMP // 16, RAMP % 100]).astype(np.uint8)
    files["JPEG"] = transcode(dicom_file(colours), "JPEGBaselineProcess1", tmp_path) or b""
    n_refused = {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name, data in files.items():
            rng = random.Random(name)
            n_refused[name] = sum(_is_refused(_damaged(data, rng)) for _ in range(60))
    assert min(n_refused.values()) > 10


def _damaged(data: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(data[: rng.randrange(132, len(data))] if rng.random() < 0.4 else data)
    for _ in range(rng.choice([0, 1, 5, 20])):
        start, end = rng.choice([(132, 700), (132, len(damaged)), (len(data) // 2, len(damaged))])
        if start < min(end, len(damaged)):
            damaged[rng.randrange(start, min(end, len(damaged)))] = rng.randrange(256)
    return bytes(damaged)


def _is_refused(data: bytes) -> bool:
    try:
        pixels = read_image(data, channels=3, size=(24, 24)).pixels
    except ImageError:
        return True
    assert pixels.shape == (3, 24, 24)
    assert np.isfinite(pixels).all()
    return False

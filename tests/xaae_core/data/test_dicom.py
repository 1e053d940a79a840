"""Every file that comes with pydicom, with what is expected of each; and the real ones beside the project."""

import csv
import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import data_manager
from pydicom.pixels import apply_color_lut, apply_rescale, apply_voi_lut, pixel_array

from xaae_core.data.images import inspect_image, read_image
from xaae_core.errors import ImageError

SHARED = Path(__file__).parents[4] / "shared" / "data" / "dicom"


@dataclass(frozen=True)
class Loads:
    shape: tuple[int, int, int]
    n_frames: int = 1


NOT_A_PICTURE = "does not begin like any picture"
TOO_SMALL = "at least 16 px on each side"
DISC_INDEX = "DICOMDIR is the index of a disc"
NO_MR, NO_CT = (f"it is a DICOM {kind} image without its pixel data" for kind in ("MR", "CT"))
SMALL, MR, COLOUR = Loads((1, 16, 16)), Loads((1, 64, 64)), Loads((3, 100, 100))
LETTERS = Loads((1, 32, 32))

TEST_FILES: dict[str, Loads | str] = {
    "693_J2KI.dcm": Loads((1, 512, 512)),
    "CT_small.dcm": Loads((1, 128, 128)),
    "ExplVR_BigEnd.dcm": Loads((3, 60, 80)),
    "ExplVR_BigEndNoMeta.dcm": "of the kind RT Ion Plan Storage",
    "ExplVR_LitEndNoMeta.dcm": "of the kind RT Ion Plan Storage",
    "GDCMJ2K_TextGBR.dcm": Loads((3, 400, 400)),
    "J2K_pixelrep_mismatch.dcm": Loads((1, 512, 512)),
    "JPEG-lossy.dcm": Loads((1, 1024, 256)),
    "JPEG2000-embedded-sequence-delimiter.dcm": "its compressed picture is .* but its header says 256 × 1,024",
    "JPEG2000.dcm": Loads((1, 1024, 256)),
    "JPEGLSNearLossless_08.dcm": TOO_SMALL,
    "JPEGLSNearLossless_16.dcm": TOO_SMALL,
    "JPGExtended.dcm": Loads((1, 1024, 256)),
    "MR_small.dcm": MR,
    "MR_small_RLE.dcm": MR,
    "MR_small_bigendian.dcm": MR,
    "MR_small_expb.dcm": MR,
    "MR_small_implicit.dcm": MR,
    "MR_small_jp2klossless.dcm": MR,
    "MR_small_jpeg_ls_lossless.dcm": MR,
    "MR_small_padded.dcm": MR,
    "MR_truncated.dcm": r"truncated \(8,130 of 8,192 bytes of pixels",
    "README.txt": NOT_A_PICTURE,
    "SC_jpeg_no_color_transform.dcm": Loads((3, 256, 256)),
    "SC_jpeg_no_color_transform_2.dcm": Loads((3, 256, 256)),
    "SC_rgb_dcmtk_+eb+cr.dcm": COLOUR,
    "SC_rgb_dcmtk_+eb+cy+n1.dcm": COLOUR,
    "SC_rgb_dcmtk_+eb+cy+n2.dcm": COLOUR,
    "SC_rgb_dcmtk_+eb+cy+np.dcm": COLOUR,
    "SC_rgb_dcmtk_+eb+cy+s2.dcm": COLOUR,
    "SC_rgb_dcmtk_+eb+cy+s4.dcm": COLOUR,
    "SC_rgb_gdcm_KY.dcm": COLOUR,
    "SC_rgb_jls_lossy_line.dcm": COLOUR,
    "SC_rgb_jls_lossy_sample.dcm": COLOUR,
    "SC_rgb_jpeg.dcm": Loads((3, 256, 256)),
    "SC_rgb_jpeg_app14_dcmd.dcm": Loads((3, 256, 256)),
    "SC_rgb_jpeg_dcmd.dcm": Loads((3, 256, 256)),
    "SC_rgb_jpeg_dcmtk.dcm": COLOUR,
    "SC_rgb_jpeg_gdcm.dcm": COLOUR,
    "SC_rgb_jpeg_lossy_gdcm.dcm": COLOUR,
    "SC_rgb_rle.dcm": COLOUR,
    "SC_rgb_rle_16bit.dcm": COLOUR,
    "SC_rgb_rle_16bit_2frame.dcm": Loads((3, 100, 100), n_frames=2),
    "SC_rgb_rle_2frame.dcm": Loads((3, 100, 100), n_frames=2),
    "SC_rgb_rle_32bit.dcm": COLOUR,
    "SC_rgb_rle_32bit_2frame.dcm": Loads((3, 100, 100), n_frames=2),
    "SC_rgb_small_odd.dcm": TOO_SMALL,
    "SC_rgb_small_odd_big_endian.dcm": TOO_SMALL,
    "SC_rgb_small_odd_jpeg.dcm": TOO_SMALL,
    "SC_ybr_full_422_uncompressed.dcm": COLOUR,
    "UN_sequence.dcm": NO_CT,
    "badVR.dcm": r"damaged or truncated \(NumberOfFrames cannot be read",
    "crayons.icc": NOT_A_PICTURE,
    "dicomdirtests/77654033/CR1/6154": SMALL,
    "dicomdirtests/77654033/CR2/6247": SMALL,
    "dicomdirtests/77654033/CR3/6278": SMALL,
    "dicomdirtests/77654033/CT2/17106": SMALL,
    "dicomdirtests/77654033/CT2/17136": SMALL,
    "dicomdirtests/77654033/CT2/17166": SMALL,
    "dicomdirtests/77654033/CT2/17196": SMALL,
    "dicomdirtests/98892001/CT2N/6293": SMALL,
    "dicomdirtests/98892001/CT2N/6924": SMALL,
    "dicomdirtests/98892001/CT5N/2062": SMALL,
    "dicomdirtests/98892001/CT5N/2392": SMALL,
    "dicomdirtests/98892001/CT5N/2693": SMALL,
    "dicomdirtests/98892001/CT5N/3023": SMALL,
    "dicomdirtests/98892001/CT5N/3353": SMALL,
    "dicomdirtests/98892003/MR1/15820": SMALL,
    "dicomdirtests/98892003/MR1/4919": SMALL,
    "dicomdirtests/98892003/MR1/5641": SMALL,
    "dicomdirtests/98892003/MR2/15970": SMALL,
    "dicomdirtests/98892003/MR2/4950": SMALL,
    "dicomdirtests/98892003/MR2/4981": SMALL,
    "dicomdirtests/98892003/MR2/5011": SMALL,
    "dicomdirtests/98892003/MR2/6273": SMALL,
    "dicomdirtests/98892003/MR2/6605": SMALL,
    "dicomdirtests/98892003/MR2/6935": SMALL,
    "dicomdirtests/98892003/MR700/4467": SMALL,
    "dicomdirtests/98892003/MR700/4528": SMALL,
    "dicomdirtests/98892003/MR700/4558": SMALL,
    "dicomdirtests/98892003/MR700/4588": SMALL,
    "dicomdirtests/98892003/MR700/4618": SMALL,
    "dicomdirtests/98892003/MR700/4648": SMALL,
    "dicomdirtests/98892003/MR700/4678": SMALL,
    "dicomdirtests/DICOMDIR": DISC_INDEX,
    "dicomdirtests/DICOMDIR-bigEnd": DISC_INDEX,
    "dicomdirtests/DICOMDIR-empty.dcm": DISC_INDEX,
    "dicomdirtests/DICOMDIR-implicit": DISC_INDEX,
    "dicomdirtests/DICOMDIR-nooffset": DISC_INDEX,
    "dicomdirtests/DICOMDIR-nopatient": DISC_INDEX,
    "dicomdirtests/DICOMDIR-reordered": DISC_INDEX,
    "dicomdirtests/README.txt": NOT_A_PICTURE,
    "dicomdirtests/TINY_ALPHA/DICOMDIR": DISC_INDEX,
    "dicomdirtests/TINY_ALPHA/README": NOT_A_PICTURE,
    # IM000000 to IM00000Z and IM000010 to IM00001D
    **{
        f"dicomdirtests/TINY_ALPHA/PT000000/ST000000/SE000000/IM0000{number}": NO_CT
        for number in (
            *(f"0{digit}" for digit in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
            *(f"1{digit}" for digit in "0123456789ABCD"),
        )
    },
    "empty_charset_LEI.dcm": "without pixel data, and does not say what it is",
    "examples_jpeg2k.dcm": Loads((3, 480, 640)),
    "examples_overlay.dcm": Loads((1, 300, 484)),
    "examples_palette.dcm": Loads((3, 350, 800)),
    "examples_rgb_color.dcm": Loads((3, 240, 320)),
    "examples_ybr_color.dcm": Loads((3, 240, 320), n_frames=30),
    "image_dfl.dcm": Loads((1, 512, 512)),
    "liver_1frame.dcm": Loads((1, 512, 512)),
    "liver_expb_1frame.dcm": Loads((1, 512, 512)),
    "meta_missing_tsyntax.dcm": "has pixels, but does not say their Rows, Columns",
    "nested_priv_SQ.dcm": "has pixels, but does not say their Rows, Columns",
    "no_meta.dcm": "it is not DICOM",  # its first byte belongs to nothing, so that no reader finds its elements
    "no_meta_group_length.dcm": "it is a DICOM RT image without its pixel data",
    "priv_SQ.dcm": NO_MR,
    "reportsi.dcm": "of the kind Basic Text SR Storage",
    "reportsi_with_empty_number_tags.dcm": "of the kind Basic Text SR Storage",
    "rtdose.dcm": TOO_SMALL,
    "rtdose_1frame.dcm": TOO_SMALL,
    "rtdose_expb.dcm": TOO_SMALL,
    "rtdose_expb_1frame.dcm": TOO_SMALL,
    "rtdose_rle.dcm": TOO_SMALL,
    "rtdose_rle_1frame.dcm": TOO_SMALL,
    "rtplan.dcm": "of the kind RT Plan Storage",
    "rtplan.dump": NOT_A_PICTURE,
    "rtplan_truncated.dcm": "of the kind RT Plan Storage",
    "rtstruct.dcm": "of the kind RT Structure Set Storage",
    "rtstruct.dump": NOT_A_PICTURE,
    "test-SR.dcm": "of the kind Comprehensive SR Storage",
    "test1.json": NOT_A_PICTURE,
    "test_PN.json": NOT_A_PICTURE,
    "waveform_ecg.dcm": "of the kind 12-lead ECG Waveform Storage",
    "zipMR.gz": "compressed with gzip, and what is in it is not a NIfTI volume: unpack it",
}
CHARSET_FILES: dict[str, Loads | str] = {
    "FileInfo.txt": NOT_A_PICTURE,
    **dict.fromkeys(
        (f"chr{name}.dcm" for name in ("Arab", "Fren", "FrenMulti", "Germ", "Greek", "H31", "H32")), LETTERS
    ),
    **dict.fromkeys((f"chr{name}.dcm" for name in ("Hbrw", "I2", "Russ", "X1", "X2")), LETTERS),
    "chrJapMulti.dcm": "Computed Radiography image without its pixel data",
    "chrJapMultiExplicitIR6.dcm": "Computed Radiography image without its pixel data",
    "chrKoreanMulti.dcm": "Computed Radiography image without its pixel data",
    "chrSQEncoding.dcm": NO_MR,
    "chrSQEncoding1.dcm": NO_MR,
}


def on_disk(folder: str) -> dict[str, Path]:
    """The files that the installed pydicom has there, without a download."""
    root = Path(data_manager.DATA_ROOT) / folder
    found = (path for path in root.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc"))
    return {path.relative_to(root).as_posix(): path for path in found}


def by_pydicom(path: Path, frame: int) -> np.ndarray | None:
    """The picture [C, H, W] as pydicom alone makes it; None where it cannot decode it."""
    dataset = pydicom.dcmread(path)
    try:
        stored = pixel_array(dataset, index=frame)
    except RuntimeError:
        return None
    full = float(2**dataset.BitsStored - 1)
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        return apply_color_lut(stored, dataset).transpose(2, 0, 1) / 65535
    if stored.ndim == 3:
        return stored.transpose(2, 0, 1) / full
    low = -(full + 1) / 2 if dataset.PixelRepresentation else 0.0
    slope, intercept = float(dataset.get("RescaleSlope", 1)), float(dataset.get("RescaleIntercept", 0))
    shown = apply_voi_lut(apply_rescale(stored, dataset), dataset)
    grey = (shown - (low * slope + intercept)) / (full * slope)
    grey = 1 - grey if dataset.PhotometricInterpretation == "MONOCHROME1" else grey
    padding = dataset.get("PixelPaddingValue")
    return np.where(stored == padding, 0, grey)[None]


@pytest.mark.parametrize(("folder", "expected"), [("test_files", TEST_FILES), ("charset_files", CHARSET_FILES)])
def test_every_file_of_pydicom_loads_or_is_refused_with_the_right_reason(
    folder: str, expected: dict[str, Loads | str], recwarn: pytest.WarningsRecorder
):
    files = on_disk(folder)
    assert files.keys() == expected.keys()  # a file that is not listed here is a file nobody thought of
    for name, path in files.items():
        wanted = expected[name]
        if isinstance(wanted, str):
            with pytest.raises(ImageError, match=wanted):
                read_image(path)
            continue
        header, image = inspect_image(path), read_image(path)
        assert (image.pixels.shape, header.n_frames) == (wanted.shape, wanted.n_frames), name
        assert (header.channels, *header.size) == wanted.shape, name
    assert [str(warning.message) for warning in recwarn] == []


@pytest.mark.parametrize("name", [name for name, wanted in TEST_FILES.items() if isinstance(wanted, Loads)])
def test_pixels_are_those_of_pydicom(name: str):
    path, wanted = on_disk("test_files")[name], TEST_FILES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = by_pydicom(path, wanted.n_frames // 2)
    pixels = read_image(path).pixels
    if peer is None:  # lossy JPEG of 12 bits, with the values that pydicom's own tests give for two places
        assert [round(4095 * float(pixels[0, y, x])) for y, x in ((420, 140), (230, 120))] == [244, 95]
        return
    depth = 255 if len(pixels) == 3 else 65535  # colour is read as 8 bits
    np.testing.assert_allclose(pixels, peer, atol=0.51 / depth + 1e-6)


@pytest.mark.shared_data
def test_the_ten_files_beside_the_project_are_as_their_table_says():
    if not SHARED.is_dir():
        pytest.skip("../shared/data/dicom is not here")
    rows = list(csv.DictReader(io.StringIO((SHARED / "labels.csv").read_text())))
    assert len(rows) == 10
    for row in rows:
        sides = [int(side) for side in row["shape"].split("x")]
        height, width = sides[1:3] if row["frames"] != "1" else sides[:2]
        header, image = inspect_image(SHARED / row["file"]), read_image(SHARED / row["file"])
        assert (header.size, header.n_frames) == ((height, width), int(row["frames"]))
        is_grey = row["photometric"].startswith("MONOCHROME")
        assert len(image.pixels) == header.channels == (1 if is_grey else 3)
        assert any("window" in note for note in image.notes) or row["has_window"] == "1" or not is_grey
        if is_grey:
            assert image.bits == int(row["bits_stored"])

"""Laws of grey and colour in DICOM, on files made here, with pydicom as the peer."""

from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut, apply_rescale, apply_voi_lut
from pydicom.sequence import Sequence

from tests.xaae_core.data.dicom_files import dicom_dataset, dicom_file, file_of, table_item
from xaae_core.data.images import ImageData, inspect_image, read_image
from xaae_core.errors import ImageError

RAMP = (np.arange(32 * 40).reshape(32, 40) * 3).astype(np.uint16)  # 0 to 3837, of 12 bits
SIGNED = RAMP.astype(np.int16) - 2000
FILES_WINDOW = {"WindowCenter": 1000, "WindowWidth": 500}


def read(array: np.ndarray, window: tuple[float, float] | None = None, **elements: Any) -> ImageData:
    return read_image(dicom_file(array, **elements), window=window)


def peer(array: np.ndarray, *, depth: int, **elements: Any) -> np.ndarray:
    """Grey by pydicom's two steps, its output range of unsigned 2^depth scaled to [0, 1]."""
    dataset = dicom_dataset(array, **elements)
    return apply_voi_lut(apply_rescale(array, dataset), dataset) / (2**depth - 1)


def test_monochrome1_is_the_exact_inverse():
    for elements in ({}, FILES_WINDOW, {"RescaleSlope": 2, "RescaleIntercept": -5}):
        usual = read(RAMP, bits=12, **elements).pixels
        inverted = read(RAMP, bits=12, PhotometricInterpretation="MONOCHROME1", **elements).pixels
        np.testing.assert_array_equal(inverted, 1 - usual)
    eight = (RAMP % 256).astype(np.uint8)
    np.testing.assert_array_equal(
        np.rint(read(eight, PhotometricInterpretation="MONOCHROME1").pixels[0] * 255), 255 - eight
    )


@pytest.mark.parametrize("function", [None, "LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_the_files_window_equals_pydicom(function: str | None):
    elements = dict(FILES_WINDOW) | ({"VOILUTFunction": function} if function else {})
    image = read(RAMP, bits=12, **elements)
    np.testing.assert_allclose(image.pixels[0], peer(RAMP, bits=12, depth=12, **elements), atol=2e-6)
    assert image.notes == ()
    assert image.pixels[0][RAMP == 999].item() == pytest.approx(0.5, abs=0.003)


def test_rescale_comes_before_the_window():
    elements = {"RescaleSlope": 1, "RescaleIntercept": -1024, "WindowCenter": 40, "WindowWidth": 400}
    grey = read(RAMP, bits=12, **elements).pixels[0]
    black, white = RAMP.astype(int) - 1024 <= -160, RAMP.astype(int) - 1024 >= 239
    assert (grey[black] == 0).all()
    assert (grey[white] == 1).all()
    assert 0 < grey[~black & ~white].min() <= grey[~black & ~white].max() < 1


def test_without_a_window_the_stored_range_is_the_scale():
    image = read(RAMP, bits=12)
    np.testing.assert_allclose(image.pixels[0], RAMP / 4095, atol=1e-6)
    assert image.notes == ("it has no window: its full range, 0 to 4095, is black to white",)
    hounsfield = read(SIGNED, bits=12, RescaleSlope=0.5, RescaleIntercept=-100)
    np.testing.assert_allclose(hounsfield.pixels[0], (SIGNED.astype(float) + 2048) / 4095, atol=1e-6)
    assert hounsfield.notes == ("it has no window: its full range after rescale, -1124 to 923.5, is black to white",)


def test_the_scale_does_not_hang_on_the_picture():
    """Equal values are equal greys, whatever else is in the picture."""
    for elements in ({"bits": 12}, FILES_WINDOW, {"RescaleSlope": 3, "RescaleIntercept": -7}):
        dark, bright = RAMP.copy(), RAMP.copy()
        dark[:16], bright[:16] = 0, 4000
        np.testing.assert_array_equal(read(dark, **elements).pixels[0, 16:], read(bright, **elements).pixels[0, 16:])


def test_nearly_empty_ranges_are_said():
    assert any("less than a sixteenth" in note for note in read(RAMP // 100).notes)
    assert not any("less than a sixteenth" in note for note in read(RAMP, bits=12).notes)


def test_a_window_asked_for_wins_and_means_the_same_everywhere():
    asked = (900.0, 300.0)
    expected = np.clip((RAMP.astype(float) - 900) / 300 + 0.5, 0, 1)
    table = {"VOILUTSequence": table_item(np.arange(4096)[::-1] * 16)}
    for elements in ({}, FILES_WINDOW, FILES_WINDOW | {"VOILUTFunction": "SIGMOID"}, table):
        image = read(RAMP, asked, bits=12, **elements)
        np.testing.assert_allclose(image.pixels[0], expected, atol=1e-6)
        assert image.notes == ()
    shifted = read(RAMP, asked, bits=12, RescaleSlope=1, RescaleIntercept=-1024)
    np.testing.assert_allclose(shifted.pixels[0], np.clip((RAMP - 1024.0 - 900) / 300 + 0.5, 0, 1), atol=1e-6)
    with pytest.raises(ValueError, match="width above 0"):
        read(RAMP, (40, 0))


def test_signed_12_bits_in_16():
    above = (SIGNED.astype(np.int16) & 0x0FFF).astype(np.int16)  # the sign bit of 12 only, nothing above it
    elements = {"bits": 12, "WindowCenter": 0, "WindowWidth": 4096}
    np.testing.assert_array_equal(read(above, **elements).pixels, read(SIGNED, **elements).pixels)
    assert read(SIGNED, **elements).pixels[0, 0, 0] == pytest.approx((48 + 0.5) / 4095, abs=1e-3)


def test_bits_of_others_are_left_out():
    clean = read(RAMP, bits=12).pixels
    np.testing.assert_array_equal(read(RAMP | np.uint16(0xA000), bits=12).pixels, clean)  # an overlay above
    moved = dicom_dataset((RAMP << 4) | np.uint16(0x5), bits=12, HighBit=15)  # values above, an overlay below
    np.testing.assert_array_equal(read_image(file_of(moved)).pixels, clean)


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_voi_tables_equal_pydicom(bits: int):
    rng = np.random.default_rng(bits)
    entries = np.sort(rng.integers(0, 2**bits, 500))
    elements = {"VOILUTSequence": table_item(entries, first=300, bits=bits), **FILES_WINDOW}
    grey = read(RAMP, bits=12, **elements).pixels[0]
    np.testing.assert_allclose(grey, entries[np.clip(RAMP.astype(int) - 300, 0, 499)] / (2**bits - 1), atol=1e-6)
    if bits > 8:  # of 8 bits pydicom (3.0) counts the entries in 8 bits too
        np.testing.assert_allclose(grey, peer(RAMP, bits=12, depth=bits, **elements), atol=1e-6)


def test_voi_tables_below_zero_and_the_first_of_two():
    elements = {"RescaleSlope": 1, "RescaleIntercept": -1024}
    two = table_item(np.arange(3000) * 20, first=-1000)
    two.extend(table_item(np.arange(10)))
    image = read(RAMP, bits=12, VOILUTSequence=two, **elements)
    places = np.clip(RAMP.astype(int) - 1024 + 1000, 0, 2999)
    np.testing.assert_allclose(image.pixels[0], places * 20 / 65535, atol=1e-6)
    assert image.notes == ("the first of its 2 lookup tables for grey is used",)


def test_modality_tables_equal_pydicom():
    entries = np.arange(4096)[::-1] * 4
    elements = {"ModalityLUTSequence": table_item(entries, bits=16)}
    windowed = elements | {"WindowCenter": 8000, "WindowWidth": 9000}
    np.testing.assert_allclose(
        read(RAMP, bits=12, **windowed).pixels[0], peer(RAMP, bits=12, depth=16, **windowed), atol=2e-6
    )
    np.testing.assert_allclose(read(RAMP, bits=12, **elements).pixels[0], entries[RAMP] / 65535, atol=1e-6)


def test_the_first_of_several_windows_is_used_and_said():
    image = read(RAMP, bits=12, WindowCenter=[500, 900], WindowWidth=[400, 100])
    np.testing.assert_array_equal(image.pixels, read(RAMP, bits=12, WindowCenter=500, WindowWidth=400).pixels)
    assert image.notes == ("the first of its 2 windows is used: centre 500, width 400",)
    unusable = read(RAMP, bits=12, WindowCenter=500, WindowWidth=0)
    assert unusable.notes[0] == "its window has no width and is not used"
    np.testing.assert_array_equal(unusable.pixels, read(RAMP, bits=12).pixels)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("padding", [0, 65535, 63536])
def test_padding_is_black(photometric: str, padding: int):
    padded = RAMP.copy()
    padded[:, :10] = padding
    image = read(padded, PixelPaddingValue=padding, PhotometricInterpretation=photometric, **FILES_WINDOW)
    assert (image.pixels[0, :, :10] == 0).all()
    assert "padding is shown as black" in image.notes
    plain = read(padded, PhotometricInterpretation=photometric, **FILES_WINDOW)
    np.testing.assert_array_equal(image.pixels[0, 1:, 10:], plain.pixels[0, 1:, 10:])


def test_padding_ranges_and_signs():
    padded = SIGNED.copy()
    padded[:4] = -3000
    padded[4:8] = -2500
    dataset = dicom_dataset(
        padded, PixelPaddingValue=-3000, PixelPaddingRangeLimit=-2500, WindowCenter=-9000, WindowWidth=2
    )
    grey = read_image(file_of(dataset)).pixels[0]  # a window below everything: all but padding is white
    assert (grey[:8] == 0).all()
    assert (grey[8:] == 1).all()


@pytest.mark.parametrize("bits", [1, 8, 16, 32])
def test_every_depth(bits: int):
    if bits == 1:
        mask = RAMP % 2 == 1
        packed = np.packbits(mask.ravel(), bitorder="little")
        dataset = dicom_dataset(RAMP, BitsAllocated=1, BitsStored=1, HighBit=0, PixelData=packed.tobytes())
        np.testing.assert_array_equal(read_image(file_of(dataset)).pixels[0], mask)
        return
    kind = np.dtype(f"u{bits // 8}")
    values = (RAMP.astype(np.uint64) * (2**bits - 1) // int(RAMP.max())).astype(kind)
    image = read(values)
    np.testing.assert_allclose(image.pixels[0], values.astype(float) / (2**bits - 1), atol=1e-6)
    assert image.bits == bits


def test_8_bits_without_a_window_are_whole_numbers_of_255():
    eight = (RAMP % 256).astype(np.uint8)
    image = read(eight)
    assert (image.bits, image.notes) == (8, ())
    np.testing.assert_array_equal(np.rint(image.pixels[0] * 255), eight)


def real_file(array: np.ndarray, **elements: Any) -> bytes:
    """A parametric map: real numbers instead of whole ones."""
    dataset = dicom_dataset(array, BitsStored=None, HighBit=None, PixelRepresentation=None, PixelData=None, **elements)
    keyword = "FloatPixelData" if array.dtype == np.float32 else "DoubleFloatPixelData"
    setattr(dataset, keyword, array.tobytes())
    return file_of(dataset)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_real_numbers_need_a_window(kind: type):
    values = (RAMP / 1000).astype(kind)
    values[3, 4] = np.nan
    data = real_file(values)
    assert inspect_image(data).size == (32, 40)
    with pytest.raises(ImageError, match=r"real numbers without a window.*window=\(centre, width\)"):
        read_image(data)
    image = read_image(data, window=(2, 4))
    assert image.pixels[0, 3, 4] == 0
    assert "what is no number is shown as black" in image.notes
    expected = np.clip(np.nan_to_num(values, nan=0) / 4, 0, 1)
    np.testing.assert_allclose(image.pixels[0], expected, atol=1e-6)
    own = read_image(real_file(values, WindowCenter=2, WindowWidth=4, VOILUTFunction="LINEAR_EXACT"))
    np.testing.assert_array_equal(own.pixels, image.pixels)


def test_colour_of_every_arrangement(colour: np.ndarray):
    plain = read(colour)
    assert plain.notes == ()
    np.testing.assert_array_equal(np.rint(plain.pixels * 255).astype(np.uint8).transpose(1, 2, 0), colour)
    planes = dicom_dataset(
        colour, PlanarConfiguration=1, PixelData=np.ascontiguousarray(colour.transpose(2, 0, 1)).tobytes()
    )
    np.testing.assert_array_equal(read_image(file_of(planes)).pixels, plain.pixels)
    deep = read(colour.astype(np.uint16) * 257)
    np.testing.assert_array_equal(deep.pixels, plain.pixels)
    assert deep.notes == ("its 16 bits a channel are read as 8",)
    assert "a window was asked for" in read(colour, (40, 400)).notes[0]


def test_ybr_becomes_rgb():
    grey = np.full((16, 16, 3), (120, 128, 128), np.uint8)  # no colour: 128 is the zero of both differences
    np.testing.assert_allclose(read(grey, PhotometricInterpretation="YBR_FULL").pixels, 120 / 255, atol=0.003)
    red = np.full((16, 16, 3), (76, 85, 255), np.uint8)  # PS3.3 C.7.6.3.1.2: pure red
    pixels = read(red, PhotometricInterpretation="YBR_FULL").pixels[:, 0, 0]
    np.testing.assert_allclose(pixels, [1, 0, 0], atol=0.01)


def test_ybr_422_that_is_stored_in_full_is_read_so():
    full = np.full((16, 16, 3), (76, 85, 255), np.uint8)
    image = read(full, PhotometricInterpretation="YBR_FULL_422")
    np.testing.assert_allclose(image.pixels[:, 8, 8], [1, 0, 0], atol=0.01)
    assert image.notes == ("it stores its colours in full, though it says 4:2:2",)


def palette(entries: np.ndarray, **elements: Any) -> Dataset:
    """A picture of places in a palette [N, 3] of 16 bits."""
    dataset = dicom_dataset((RAMP % 200).astype(np.uint8), PhotometricInterpretation="PALETTE COLOR", **elements)
    for channel, colour in enumerate(("Red", "Green", "Blue")):
        setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", [len(entries), 10, 16])
        setattr(dataset, f"{colour}PaletteColorLookupTableData", entries[:, channel].astype("<u2").tobytes())
    return dataset


def test_palettes_equal_pydicom():
    dataset = palette(np.random.default_rng(0).integers(0, 65536, (150, 3)))
    expected = apply_color_lut((RAMP % 200).astype(np.uint8), dataset)
    image = read_image(file_of(dataset))
    np.testing.assert_allclose(image.pixels, expected.transpose(2, 0, 1) / 65535, atol=0.51 / 255)
    assert inspect_image(file_of(dataset)).channels == 3


def test_palettes_of_8_bits_that_say_16():
    entries = np.random.default_rng(0).integers(0, 256, (150, 3))
    image = read_image(file_of(palette(entries)))
    places = np.clip((RAMP % 200).astype(int) - 10, 0, 149)
    np.testing.assert_array_equal(np.rint(image.pixels * 255).transpose(1, 2, 0), entries[places])
    assert image.notes == ("its palette says 16 bits a colour but has 8",)


def test_palettes_of_ramps():
    dataset = palette(np.zeros((150, 3)))
    ramps = np.array([0, 1, 0, 1, 149, 65535], "<u2").tobytes()  # one black entry, then a line to white
    for colour in ("Red", "Green", "Blue"):
        del dataset[f"{colour}PaletteColorLookupTableData"]
        setattr(dataset, f"Segmented{colour}PaletteColorLookupTableData", ramps)
    image = read_image(file_of(dataset))
    places = np.clip((RAMP % 200).astype(int) - 10, 0, 149)
    np.testing.assert_allclose(image.pixels[1], places / 149, atol=0.51 / 255)


def test_a_palette_that_is_missing_is_named():
    with pytest.raises(ImageError, match="in a palette that is missing"):
        read((RAMP % 200).astype(np.uint8), PhotometricInterpretation="PALETTE COLOR")


def test_frames_have_their_own_rescale_and_window():
    """Enhanced multi-frame objects keep them in functional groups, for each frame or for all (PS3.3 C.7.6.16)."""

    def group(center: float, slope: float) -> Dataset:
        item, window, rescale = Dataset(), Dataset(), Dataset()
        window.WindowCenter, window.WindowWidth = center, 1000
        rescale.RescaleSlope, rescale.RescaleIntercept, rescale.RescaleType = slope, 0, "US"
        item.FrameVOILUTSequence, item.PixelValueTransformationSequence = Sequence([window]), Sequence([rescale])
        return item

    each = Sequence([group(500, 1), group(2000, 2)])
    volume = np.stack([RAMP, RAMP])
    data = dicom_file(volume, bits=12, PerFrameFunctionalGroupsSequence=each)
    second = read(RAMP, bits=12, WindowCenter=2000, WindowWidth=1000, RescaleSlope=2, RescaleIntercept=0)
    np.testing.assert_array_equal(read_image(data).pixels, second.pixels)  # the middle one of two is the second
    shared = dicom_file(volume, bits=12, SharedFunctionalGroupsSequence=Sequence([group(500, 1)]))
    np.testing.assert_array_equal(
        read_image(shared).pixels, read(RAMP, bits=12, WindowCenter=500, WindowWidth=1000).pixels
    )


def test_what_is_not_drawn_is_said():
    dataset = dicom_dataset(RAMP, bits=12, PixelSpacing=[0.5, 0.8], **FILES_WINDOW)
    dataset.add_new(0x60000010, "US", 32)
    dataset.add_new(0x60003000, "OW", bytes(160))
    assert read_image(file_of(dataset)).notes == (
        "drawings that lie over the picture (overlays) are not shown",
        "its pixels are not square (0.5 to 0.8) and are not stretched",
    )


def test_files_without_mark_or_meta_are_read_by_their_ending(tmp_path):
    dataset = dicom_dataset(RAMP, bits=12, **FILES_WINDOW)
    expected = read_image(file_of(dataset)).pixels
    for name, is_implicit in (("bare.dcm", True), ("bare.DICOM", False)):
        del dataset.file_meta
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
        path = tmp_path / name
        with path.open("wb") as file:
            pydicom.filewriter.write_dataset(_stream(file, is_implicit), dataset[0x00080000:])
        np.testing.assert_array_equal(read_image(path).pixels, expected)
        with pytest.raises(ImageError, match="does not begin like any picture"):
            read_image(path.read_bytes())  # without its name nothing tells what it is
        np.testing.assert_array_equal(read_image(path.read_bytes(), name=name).pixels, expected)


def _stream(file: Any, is_implicit: bool) -> Any:
    stream = pydicom.filebase.DicomFileLike(file)
    stream.is_little_endian, stream.is_implicit_VR = True, is_implicit
    return stream

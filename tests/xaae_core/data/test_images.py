"""Reading a sound picture of every kind: known values, sizes and notes."""

import io
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xaae_core.data.images import ImageHeader, inspect_image, read_image, read_images, to_tensor

Encode = Callable[..., bytes]


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "GIF", "WEBP"])
def test_lossless_formats_give_the_exact_values(kind: str, grey: np.ndarray, encoded: Encode):
    options = {"lossless": True} if kind == "WEBP" else {}
    image = read_image(encoded(grey, kind, **options), channels=1)
    assert image.pixels.dtype == np.float32
    assert image.pixels.shape == (1, 40, 32)
    np.testing.assert_array_equal(np.rint(image.pixels[0] * 255), grey)
    assert (image.bits, image.source_size, image.notes) == (8, (40, 32), ())


def test_jpeg_is_close(grey: np.ndarray, encoded: Encode):
    image = read_image(encoded(grey, "JPEG", quality=95))
    assert np.abs(image.pixels[0] * 255 - grey).max() < 8


def test_channels_follow_the_file_unless_asked(grey: np.ndarray, colour: np.ndarray, encoded: Encode):
    assert read_image(encoded(grey)).pixels.shape[0] == 1
    assert read_image(encoded(colour)).pixels.shape[0] == 3
    repeated = read_image(encoded(grey), channels=3).pixels
    np.testing.assert_array_equal(repeated[0], repeated[2])
    np.testing.assert_array_equal(repeated[0], read_image(encoded(grey)).pixels[0])


def test_colour_becomes_grey_by_luma(encoded: Encode):
    pure = np.zeros((16, 48, 3), np.uint8)
    pure[:, :16, 0], pure[:, 16:32, 1], pure[:, 32:, 2] = 255, 255, 255
    luma = read_image(encoded(pure), channels=1).pixels[0, 8]
    np.testing.assert_allclose(luma[[8, 24, 40]], [0.299, 0.587, 0.114], atol=1 / 255)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_keeps_its_steps_and_its_full_range(kind: str, encoded: Encode):
    deep = np.linspace(0, 65535, 20 * 20).astype(np.uint16).reshape(20, 20)
    image = read_image(encoded(deep, kind))
    np.testing.assert_allclose(image.pixels[0], deep / 65535, atol=1e-7)
    assert image.bits == 16
    assert len(np.unique(image.pixels)) == 400  # at 8 bits there would be 256 at most


def test_16_bit_big_endian_tiff(encoded: Encode):
    deep = np.linspace(0, 65535, 400).astype(">u2").reshape(20, 20)
    data = encoded(Image.frombytes("I;16B", (20, 20), deep.tobytes()), "TIFF")
    np.testing.assert_allclose(read_image(data).pixels[0], deep / 65535, atol=1e-7)


def test_16_bit_tiff_with_white_as_zero_is_not_shown_inverted(encoded: Encode):
    deep = np.linspace(0, 65535, 400).astype(np.uint16).reshape(20, 20)
    data = encoded(deep, "TIFF", tiffinfo={262: 0})
    assert Image.open(io.BytesIO(data)).tag_v2[262] == 0
    np.testing.assert_allclose(read_image(data).pixels[0], 1 - deep / 65535, atol=1e-7)


def test_integers_of_mode_i_and_floats_of_mode_f(encoded: Encode):
    whole = np.linspace(0, 65535, 400).astype(np.int32).reshape(20, 20)
    np.testing.assert_allclose(read_image(encoded(whole, "TIFF")).pixels[0], whole / 65535, atol=1e-6)
    parts = np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20)
    np.testing.assert_array_equal(read_image(encoded(parts, "TIFF")).pixels[0], parts)


def test_12_bit_values_in_16_bits_are_named(encoded: Encode):
    image = read_image(encoded(np.full((20, 20), 4000, np.uint16)))
    assert "4000 of 65535" in image.notes[0]
    assert image.pixels.max() == pytest.approx(4000 / 65535)  # noted, not stretched


def test_cmyk(encoded: Encode):
    red = Image.new("CMYK", (20, 20), (0, 255, 255, 0))
    for kind in ("TIFF", "JPEG"):
        pixels = read_image(encoded(red, kind)).pixels
        np.testing.assert_allclose(pixels.mean(axis=(1, 2)), [1, 0, 0], atol=0.02)


def test_palette_gives_its_colours(encoded: Encode):
    palette = Image.new("P", (20, 20), 1)
    palette.putpalette([0, 0, 0, 255, 128, 0])
    np.testing.assert_allclose(read_image(encoded(palette)).pixels[:, 5, 5] * 255, [255, 128, 0], atol=1e-4)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_is_composited_on_black(mode: str, encoded: Encode):
    image = Image.new(mode, (20, 20), (200,) * (len(mode) - 1) + (255,))
    image.paste((200,) * (len(mode) - 1) + (0,), (0, 0, 10, 20))  # what is hidden must stay hidden
    result = read_image(encoded(image))
    assert result.pixels.shape[0] == len(mode) - 1
    assert result.pixels[:, :, :10].max() == 0
    np.testing.assert_allclose(result.pixels[:, :, 10:] * 255, 200, atol=1e-4)
    assert result.notes == ("transparent areas are shown as black",)


def test_opaque_alpha_is_not_worth_a_note(colour: np.ndarray, encoded: Encode):
    result = read_image(encoded(Image.fromarray(colour).convert("RGBA")))
    assert result.notes == ()
    np.testing.assert_array_equal(result.pixels, read_image(encoded(colour)).pixels)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "TIFF", "WEBP"])
def test_first_frame_of_many_and_a_note(kind: str, encoded: Encode):
    options = {"lossless": True} if kind == "WEBP" else {}
    frames = [Image.new("L", (20, 20), value) for value in (50, 100, 150)]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    result = read_image(data, channels=1)
    np.testing.assert_allclose(result.pixels * 255, 50, atol=1e-4)
    assert result.notes == ("only the first of 3 frames or pages is used",)


def test_exif_orientation_is_honoured(grey: np.ndarray, encoded: Encode):
    exif = Image.Exif()
    exif[274] = 6  # the camera was turned: show it turned by 90° clockwise
    for data in (encoded(grey, "PNG", exif=exif), encoded(grey.astype(np.uint16) * 257, "PNG", exif=exif)):
        image = read_image(data)
        assert image.source_size == (32, 40)
        np.testing.assert_allclose(image.pixels[0] * 255, np.rot90(grey, -1), atol=1e-3)


def test_damaged_exif_does_not_lose_the_picture(grey: np.ndarray, encoded: Encode):
    image = read_image(encoded(grey, "PNG", exif=b"Exif\x00\x00nonsense"))
    np.testing.assert_array_equal(np.rint(image.pixels[0] * 255), grey)
    assert "EXIF" in image.notes[0]


def test_pad_keeps_the_proportions_on_black(encoded: Encode):
    wide = np.full((20, 40), 200, np.uint8)
    pixels = read_image(encoded(wide), size=(80, 80)).pixels[0] * 255
    np.testing.assert_allclose(pixels[20:60], 200, atol=1e-3)
    assert pixels[:20].max() == pixels[60:].max() == 0
    squashed = read_image(encoded(wide), size=(80, 80), resize="squash").pixels[0] * 255
    np.testing.assert_allclose(squashed, 200, atol=1e-3)


@pytest.mark.parametrize("size", [(64, 64), (33, 77), (7, 5)])
@pytest.mark.parametrize("resize", ["pad", "squash"])
def test_size_is_height_and_width_for_every_depth(
    size: tuple[int, int], resize: str, grey: np.ndarray, colour: np.ndarray, encoded: Encode
):
    for picture in (grey, colour, grey.astype(np.uint16) * 257):
        assert read_image(encoded(picture), size=size, resize=resize, channels=3).pixels.shape == (3, *size)


def test_shrinking_is_antialiased_and_never_overshoots(encoded: Encode):
    stripes = np.zeros((256, 256), np.uint8)
    stripes[:, ::2] = 255
    for picture in (stripes, stripes.astype(np.uint16) * 257):
        small = read_image(encoded(picture), size=(64, 64)).pixels
        assert np.abs(small - 0.5).max() < 0.1  # a filter that skips pixels gives 0 or 1
        edge = np.zeros_like(picture)
        edge[:, 128:] = picture.max()
        shrunk = read_image(encoded(edge), size=(60, 60)).pixels
        assert shrunk.min() == 0
        assert shrunk.max() == 1
        assert (np.diff(shrunk[0], axis=1) >= 0).all()  # no rim beside the edge


def test_8_and_16_bit_of_the_same_picture_agree_after_resizing(grey: np.ndarray, encoded: Encode):
    shallow = read_image(encoded(grey), size=(24, 24)).pixels
    deep = read_image(encoded(grey.astype(np.uint16) * 257), size=(24, 24)).pixels
    np.testing.assert_allclose(shallow, deep, atol=1 / 255)


def test_every_kind_of_source_gives_the_same_pixels(tmp_path: Path, colour: np.ndarray, encoded: Encode):
    data = encoded(colour)
    path = tmp_path / "scan.png"
    path.write_bytes(data)
    stream = io.BytesIO(data)
    stream.seek(7)  # somebody looked at it before
    images = [read_image(source) for source in (data, path, str(path), stream)]
    for image in images:
        np.testing.assert_array_equal(image.pixels, images[0].pixels)
    assert [image.name for image in images] == ["uploaded picture", "scan.png", "scan.png", "uploaded picture"]
    assert not stream.closed
    assert read_image(data, name="case 7").name == "case 7"


def test_header_and_batch_agree_with_reading(grey: np.ndarray, colour: np.ndarray, encoded: Encode):
    assert inspect_image(encoded(grey)) == ImageHeader(size=(40, 32), channels=1)
    assert inspect_image(encoded(colour)) == ImageHeader(size=(40, 32), channels=3)
    batch = read_images([encoded(grey), encoded(colour)], channels=3, size=(24, 24))
    assert batch.shape == (2, 3, 24, 24)
    np.testing.assert_array_equal(batch[1], read_image(encoded(colour), size=(24, 24)).pixels)


def test_tensor_is_a_writable_copy(grey: np.ndarray, encoded: Encode):
    image = read_image(encoded(grey))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tensor = to_tensor(image)
    tensor.zero_()
    assert image.pixels.max() > 0
    with pytest.raises(ValueError, match="read-only"):
        image.pixels[0, 0, 0] = 1


@pytest.mark.parametrize(
    "options", [{"channels": 2}, {"size": (0, 5)}, {"resize": "crop"}], ids=lambda o: next(iter(o))
)
def test_wrong_options_are_the_callers_mistake(options: dict, grey: np.ndarray, encoded: Encode):
    with pytest.raises(ValueError, match="expected"):
        read_image(encoded(grey), **options)

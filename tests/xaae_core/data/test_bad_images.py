"""Pictures that must not or cannot be opened: one clear error, quickly, with nothing decoded."""

import io
import random
import struct
import tracemalloc
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xaae_core.data import images
from xaae_core.data.images import inspect_image, read_image
from xaae_core.errors import ImageError

Encode = Callable[..., bytes]


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def bmp_header(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, *[0] * 6)


@pytest.mark.parametrize("header", [png_header, bmp_header])
def test_30000_by_30000_is_refused_before_decoding(header: Callable[[int, int], bytes], tmp_path: Path):
    path = tmp_path / "wall.png"
    path.write_bytes(header(30_000, 30_000))
    tracemalloc.start()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ImageError, match=r"wall.png: 30,000 × 30,000 px .* at most 64 megapixels .* shrink"):
            read_image(path)
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()


@pytest.mark.parametrize("side", [8_001, 9_600, 12_000])
def test_no_decompression_warning_leaks_at_any_size(side: int):
    # PIL itself warns from 9,460² on and raises from 13,378² on.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ImageError, match="megapixels"):
            read_image(png_header(side, side))


def test_huge_webp_canvas_is_refused(encoded: Encode):
    data = bytearray(
        encoded(Image.new("RGBA", (32, 32)), "WEBP", save_all=True, append_images=[Image.new("RGBA", (32, 32), 9)])
    )
    assert data[12:16] == b"VP8X"
    data[24:30] = (16_382).to_bytes(3, "little") * 2
    with pytest.raises(ImageError, match="64 megapixels"):
        read_image(bytes(data))


@pytest.mark.parametrize("size", [(1, 1), (15, 400), (400, 15)])
def test_too_small_is_refused(size: tuple[int, int], encoded: Encode):
    with pytest.raises(ImageError, match=f"{size[1]} × {size[0]} px; at least 16 px"):
        read_image(encoded(np.zeros(size, np.uint8)))


def test_empty_missing_folder_and_not_a_picture(tmp_path: Path):
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "page.png").write_text("<html>not found</html>")
    for name, reason in (
        ("empty.png", "empty"),
        ("page.png", "PNG, JPEG, TIFF, BMP, GIF, WebP"),
        ("gone.png", "no such file"),
        (".", "no such file"),
        ("x" * 5000, "no such file"),
        ("nul\x00byte", "no such file"),
    ):
        with pytest.raises(ImageError, match=reason):
            read_image(tmp_path / name)
    with pytest.raises(ImageError, match="empty"):
        read_image(b"")


def test_formats_outside_the_list_never_reach_a_decoder(encoded: Encode):
    picture = Image.new("RGB", (32, 32))
    for kind in ("ICO", "PPM", "TGA", "PCX", "JPEG2000", "EPS"):
        with pytest.raises(ImageError, match="expected PNG, JPEG"):
            read_image(encoded(picture, kind))


def test_file_size_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, grey: np.ndarray, encoded: Encode):
    monkeypatch.setattr(images, "MAX_FILE_BYTES", 100)
    path = tmp_path / "film.bmp"
    path.write_bytes(encoded(grey, "BMP"))
    for source in (path, path.read_bytes(), io.BytesIO(path.read_bytes())):
        with pytest.raises(ImageError, match="MB are opened"):
            read_image(source)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP"])
def test_half_a_file_is_named_damaged(kind: str, tmp_path: Path, encoded: Encode):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64), dtype=np.uint8)
    path = tmp_path / f"cut.{kind.lower()}"
    data = encoded(noise, kind)
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ImageError, match=rf"{path.name}: the file is damaged or truncated"):
        read_image(path)


@pytest.mark.parametrize("values", [-5.0, 300.0, np.nan, np.inf])
def test_float_pictures_outside_0_to_1_are_refused(values: float, encoded: Encode):
    with pytest.raises(ImageError, match="expected 0 to 1"):
        read_image(encoded(np.full((20, 20), values, np.float32), "TIFF"))


def test_signed_values_are_refused(encoded: Encode):
    hounsfield = np.full((20, 20), -1000, np.int32)
    with pytest.raises(ImageError, match="-1000 to -1000; expected 0 to 65535"):
        read_image(encoded(hounsfield, "TIFF"))


def test_lab_colours_are_refused(encoded: Encode):
    with pytest.raises(ImageError, match="export it as RGB"):
        read_image(encoded(Image.new("LAB", (20, 20)), "TIFF"))


@pytest.mark.filterwarnings("ignore::UserWarning")  # PIL's own, about damaged EXIF and TIFF tags
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP", "deep PNG", "LZW"])
def test_no_damage_gives_anything_but_pixels_or_an_image_error(
    kind: str, grey: np.ndarray, colour: np.ndarray, encoded: Encode, capfd: pytest.CaptureFixture[str]
):
    data = {
        "deep PNG": lambda: encoded(grey.astype(np.uint16) * 257, "PNG"),
        "LZW": lambda: encoded(colour, "TIFF", compression="tiff_lzw"),
    }.get(kind, lambda: encoded(colour, kind))()
    rng = random.Random(kind)
    n_refused = 0
    for _ in range(150):
        damaged = bytearray(data[: rng.randrange(1, len(data))] if rng.random() < 0.5 else data)
        for _ in range(rng.choice([0, 1, 5, 20])):
            damaged[rng.randrange(min(len(damaged), rng.choice([60, 10_000])))] = rng.randrange(256)
        try:
            pixels = read_image(bytes(damaged), channels=3, size=(24, 24)).pixels
        except ImageError:
            n_refused += 1
        else:
            assert pixels.shape == (3, 24, 24)
            assert np.isfinite(pixels).all()
    assert n_refused > 30
    capfd.readouterr()  # libtiff writes its complaints to stderr


def test_the_header_check_finds_what_a_header_shows(grey: np.ndarray, encoded: Encode):
    with pytest.raises(ImageError, match="megapixels"):
        inspect_image(png_header(30_000, 30_000))
    cut = encoded(grey, "BMP")[:-200]
    assert inspect_image(cut).size == (40, 32)  # and the damage further on it leaves to decoding
    with pytest.raises(ImageError, match="damaged"):
        read_image(cut)

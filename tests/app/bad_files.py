"""Files that a user might give by mistake, or that somebody made to do harm."""

import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
import torch
from PIL import Image


def saved(pixels: np.ndarray, mode: str | None = None, form: str = "PNG", **options: object) -> bytes:
    """A picture file."""
    picture = Image.fromarray(pixels)
    file = io.BytesIO()
    (picture.convert(mode) if mode else picture).save(file, format=form, **options)
    return file.getvalue()


def noise(*shape: int, top: int = 255, dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(5).integers(0, top, shape).astype(dtype)


def huge_png(side: int = 30_000) -> bytes:
    """A well-formed PNG that says it is side × side, with hardly any data behind it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def torn_png() -> bytes:
    """A picture whose header is sound and whose pixels break off."""
    whole = saved(noise(96, 96))
    return whole[: len(whole) // 2]


def cmyk_jpeg() -> bytes:
    return saved(noise(64, 64, 3), "CMYK", "JPEG")


def deep_png() -> bytes:
    return saved(noise(64, 64, top=65535, dtype=np.uint16))


def see_through_png() -> bytes:
    return saved(noise(64, 64, 4))


def animated_gif() -> bytes:
    frames = [Image.fromarray(noise(64, 64)), Image.fromarray(255 - noise(64, 64)), Image.fromarray(noise(64, 64) // 2)]
    file = io.BytesIO()
    frames[0].save(file, format="GIF", save_all=True, append_images=frames[1:], duration=100)
    return file.getvalue()


def pickle_bytes() -> bytes:
    """A pickle that would write a file if it were opened."""
    return b"\x80\x04cos\nsystem\n(S'touch /tmp/xaae_was_here'\ntR."


def pickled_pth() -> bytes:
    """A .pth with a whole object in it, not only tensors."""
    file = io.BytesIO()
    torch.save({"model": torch.nn.Linear(2, 2)}, file)
    return file.getvalue()


def huge_header(length: int = 2**40) -> bytes:
    """A safetensors file whose header says it is a terabyte long."""
    return struct.pack("<Q", length) + b'{"a":1}'


def other_model(checkpoint: Path) -> bytes:
    """A checkpoint whose card tells of another model than its weights belong to."""
    data = checkpoint.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    card = json.loads(header["__metadata__"]["xaae_card"])
    card["arguments"]["encoding_dims"] = 7
    header["__metadata__"]["xaae_card"] = json.dumps(card)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data[8 + length :]

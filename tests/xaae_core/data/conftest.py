"""Small pictures and data folders, made on the spot."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def encoded() -> Callable[..., bytes]:
    """encoded(array or Image, "PNG", **options) -> the bytes of the file."""

    def encode(picture: Any, kind: str = "PNG", **options: Any) -> bytes:
        image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        stream = io.BytesIO()
        image.save(stream, kind, **options)
        return stream.getvalue()

    return encode


@pytest.fixture
def grey() -> np.ndarray:
    """A ramp of greys, 40 × 32, every row and column distinct."""
    return (np.arange(40)[:, None] * 4 + np.arange(32)[None, :] * 3).astype(np.uint8)


@pytest.fixture
def colour(grey: np.ndarray) -> np.ndarray:
    return np.stack([grey, grey[::-1], 255 - grey], axis=-1)


@pytest.fixture
def write_pictures() -> Callable[..., None]:
    """write_pictures(folder, names): 20 × 20 grey PNGs, each with its own content."""

    def write(folder: Path, names: Sequence[str]) -> None:
        for number, name in enumerate(names):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            values = np.full((20, 20), number % 256, np.uint8)
            values[0, :] = number // 256
            Image.fromarray(values).save(path)

    return write


@pytest.fixture
def class_folder(tmp_path: Path, write_pictures: Callable[..., None]) -> Path:
    """A folder with two classes of 20 and 40 pictures."""
    root = tmp_path / "study"
    names = [f"ill/{i:02}.png" for i in range(20)] + [f"well/{i:02}.png" for i in range(40)]
    write_pictures(root, names)
    return root

"""Letters that were burned into pictures cannot be read in figures; pictures without any stay as they are."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter

from analysis.figures.marks import HiddenBox, find_marks, hide_marks, marks_note
from analysis.figures.pictures import shown_pixels
from analysis.figures.style import FigureStyle

Picture = NDArray[np.float32]
HIDING = FigureStyle(hides_marks=True)


def phantom(seed: int, side: int = 192) -> Picture:
    """A bright oval with texture and noise [1, side, side]."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    texture = gaussian_filter(rng.standard_normal((side, side)), side / 24)
    values = 0.2 + 0.5 * np.exp(-2 * (x**2 + 0.6 * y**2)) + 0.06 * texture / texture.std()
    return np.clip(values + 0.01 * rng.standard_normal((side, side)), 0, 1)[None].astype(np.float32)


def ink(text: str, at: tuple[float, float], side: int, size: float) -> Picture:
    """Where the letters' ink is [side, side]."""
    image = Image.new("L", (side, side))
    font = ImageFont.load_default(max(8, round(size * side)))
    ImageDraw.Draw(image).text((at[0] * side, at[1] * side), text, fill=255, font=font)
    return np.asarray(image, dtype=np.float32) / 255


def written(picture: Picture, pattern: Picture, shade: float) -> Picture:
    return picture * (1 - pattern) + shade * pattern


def likeness(picture: Picture, pattern: Picture) -> float:
    """Correlation with the letters' pattern, in the letters' surroundings."""
    rows, columns = np.nonzero(pattern > 0.2)
    box = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
    seen, asked = picture[0][box].ravel(), pattern[box].ravel()
    return 0.0 if np.ptp(seen) < 1e-6 else abs(float(np.corrcoef(seen, asked)[0, 1]))


PLACES = [("L", (0.05, 0.06)), ("R", (0.88, 0.08)), ("DOE JANE", (0.05, 0.88)), ("19520417 F", (0.4, 0.04))]


@pytest.mark.parametrize("side", [128, 192, 512, 1100])
@pytest.mark.parametrize(("text", "at"), PLACES)
@pytest.mark.parametrize("is_dark", [False, True])
def test_letters_cannot_be_read_afterwards(text: str, at: tuple[float, float], side: int, is_dark: bool) -> None:
    pattern = ink(text, at, side, 0.07)
    picture = written(phantom(3, side), pattern, 0.97)
    if is_dark:
        picture = 1 - picture
    assert likeness(picture, pattern) > 0.9
    assert likeness(shown_pixels(picture, HIDING), pattern) < 0.25


def test_colour_pictures_lose_their_letters_in_every_channel() -> None:
    pattern = ink("DOE JANE", (0.05, 0.88), 192, 0.07)
    picture = written(phantom(1).repeat(3, axis=0), pattern, 1.0)
    hidden = shown_pixels(picture, HIDING)
    assert max(likeness(channel[None], pattern) for channel in hidden) < 0.25


def test_red_letters_as_light_as_their_ground_are_hidden() -> None:
    """As cameras write the date."""
    pattern = ink("13 12 1989", (0.5, 0.88), 256, 0.07)
    ground = np.full((3, 256, 256), 0.5, np.float32) + 0.01 * np.random.default_rng(0).standard_normal((3, 256, 256))
    red = np.array([0.9, 0.3, 0.3])[:, None, None]
    picture = (ground * (1 - pattern) + red * pattern).astype(np.float32)
    assert likeness(picture.mean(axis=0)[None], pattern) < 0.3
    hidden = shown_pixels(picture, HIDING)
    assert max(likeness(channel[None], pattern) for channel in hidden) < 0.25


def test_white_labels_with_writing_are_hidden() -> None:
    picture = phantom(0, 256)
    picture[0, 18:30, 200:240] = 1.0
    pattern = ink("ERECT", (0.79, 0.065), 256, 0.04)
    assert likeness(shown_pixels(written(picture, pattern, 0.0), HIDING), pattern) < 0.25
    assert np.array_equal(shown_pixels(picture, HIDING), picture), "a white area without writing is none"


@pytest.mark.parametrize("side", [96, 192, 512])
def test_pictures_without_letters_stay_as_they_are(side: int) -> None:
    changed = sum(
        not np.array_equal(shown_pixels(phantom(seed, side), HIDING), phantom(seed, side)) for seed in range(10)
    )
    assert changed <= 1  # the finder says itself that it takes some for letters


def test_nothing_is_hidden_unless_asked_for() -> None:
    picture = written(phantom(0), ink("L", (0.05, 0.06), 192, 0.07), 1.0)
    assert np.array_equal(shown_pixels(picture, FigureStyle()), picture)


def test_a_decode_is_hidden_where_the_original_has_letters() -> None:
    pattern = ink("L", (0.05, 0.06), 192, 0.07)
    original, decode = written(phantom(0), pattern, 1.0), written(phantom(0), pattern, 0.5)
    assert likeness(shown_pixels(decode, HIDING, marks_of=original), pattern) < 0.25
    outside = shown_pixels(decode, HIDING, marks_of=original) == decode
    assert outside.mean() > 0.9


def test_what_is_hidden_is_one_even_area() -> None:
    """One mean a box tells nothing of the letters in it; a light blur could be undone."""
    box = HiddenBox(0.1, 0.1, 0.3, 0.6)
    hidden = hide_marks(phantom(2), (box,))
    assert np.ptp(hidden[0, 20:57, 20:115]) == 0
    assert np.array_equal(hidden[0, 60:], phantom(2)[0, 60:])


def test_one_picture_of_too_few_pixels_says_that_nothing_is_hidden() -> None:
    tiny = written(phantom(0, 64), ink("L", (0.05, 0.06), 64, 0.12), 1.0)
    assert np.array_equal(shown_pixels(tiny, HIDING), tiny)
    assert "64×64 px are too small" in marks_note(tiny)
    assert "Look at the figure" in marks_note(tiny)


def test_the_note_counts_what_will_be_hidden_and_promises_no_more() -> None:
    marked = written(phantom(0), ink("L", (0.05, 0.06), 192, 0.07), 1.0)
    assert marks_note(marked).startswith("1 place will be hidden.")
    assert marks_note(phantom(0)).startswith("No burned-in letters were found.")
    assert all("not all" in marks_note(picture) for picture in (marked, phantom(0)))


@pytest.mark.parametrize("shape", [(1, 1, 200), (3, 200, 3), (1, 2000, 2), (4, 128, 128)])
def test_odd_shapes_are_looked_at_without_a_failure(shape: tuple[int, ...]) -> None:
    picture: Any = np.random.default_rng(0).random(shape).astype(np.float32)
    assert shown_pixels(picture, HIDING).shape == shape
    assert isinstance(find_marks(np.full(shape, np.nan)), tuple)

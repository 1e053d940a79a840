"""Letters and rulers drawn onto pictures are found; the pictures themselves hold none."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from xaae_core.data.checks.burned_in_marks import find_mark
from xaae_core.data.checks.text_marks import check_text_marks


def with_letter(picture, text="L", size=0.07, at=(0.08, 0.08), ink=250):
    image = Image.fromarray(picture)
    side = max(image.size)
    font = ImageFont.load_default(max(8, round(size * side)))
    ImageDraw.Draw(image).text((at[0] * side, at[1] * side), text, fill=ink, font=font)
    return np.asarray(image)


def with_ruler(picture, tilt=0.0, ink=10):
    image = Image.fromarray(picture)
    side = max(image.size)
    draw = ImageDraw.Draw(image)
    start, end = (0.15 * side, 0.85 * side), (0.8 * side, (0.85 - tilt) * side)
    draw.line([start, end], fill=ink, width=1)
    for part in np.linspace(0, 1, 21):
        x, y = start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])
        draw.line([(x, y), (x, y - 0.025 * side)], fill=ink, width=1)
    return np.asarray(image)


def grey(picture):
    return picture.astype(np.float32) / np.float32(255)


@pytest.mark.parametrize("side", [128, 256, 600])
def test_letters_and_rulers_are_found_at_any_size(side, portraits):
    from xaae_core.data.checks.picture_measures import _shrunk

    pictures = portraits(8, side=side)
    for mark, kind in ((with_letter, "letters"), (with_ruler, "ruler")):
        found = [find_mark(_shrunk(grey(mark(p))[None])[0]) for p in pictures]
        assert sum(f.score >= 1 and f.kind == kind for f in found) >= 7, kind
    assert sum(find_mark(grey(p)).score >= 1 for p in pictures) <= 1


def test_the_place_of_a_letter_is_where_it_stands(portraits):
    x, y = find_mark(grey(with_letter(portraits(1, side=256)[0], at=(0.85, 0.06)))).place
    assert x == pytest.approx(0.87, abs=0.03)
    assert y == pytest.approx(0.1, abs=0.04)


def test_dark_letters_count_as_bright_ones_do(portraits):
    picture = 255 - portraits(1, side=256)[0]
    assert find_mark(grey(with_letter(picture, ink=5))).kind == "letters"


def test_a_slanted_ruler_is_a_ruler(portraits):
    assert find_mark(grey(with_ruler(portraits(1, side=256)[0], tilt=0.15))).score >= 1


def test_a_line_without_ticks_is_none(portraits):
    image = Image.fromarray(portraits(1, side=256)[0])
    ImageDraw.Draw(image).line([(40, 220), (210, 215)], fill=10, width=1)
    assert find_mark(grey(np.asarray(image))).score < 1


def test_too_small_pictures_are_not_judged(portraits):
    assert np.isnan(find_mark(grey(portraits(1, side=64)[0])).score)


def test_a_marker_that_goes_with_the_label_warns_and_one_that_does_not_is_a_note(portraits, write_set, given_of, found):
    pictures = portraits(60, side=128)
    labels = ["ill", "well"] * 30
    told = [with_letter(p) if label == "ill" else p for p, label in zip(pictures, labels, strict=True)]
    warnings = found(check_text_marks, given_of(write_set(told, label=labels)), "warn")
    assert len(warnings) == 1
    assert "of ill" in warnings[0].title
    even = [with_letter(p) if number % 4 < 2 else p for number, p in enumerate(pictures)]
    assert not found(check_text_marks, given_of(write_set(even, label=labels)), "warn")
    assert found(check_text_marks, given_of(write_set(even, label=labels)), "note")


def test_a_marker_that_goes_with_a_site_is_told(portraits, write_set, given_of, found):
    sites = ["north", "south"] * 30
    pictures = [
        with_letter(p) if site == "north" else p for p, site in zip(portraits(60, side=128), sites, strict=True)
    ]
    labels = ["a", "a", "b", "b"] * 15
    titles = [f.title for f in found(check_text_marks, given_of(write_set(pictures, label=labels, site=sites)))]
    assert any("go with site" in title for title in titles)

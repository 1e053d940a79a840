"""Side letters of real radiographs: how many are hidden, and how much of the pictures with them.

The limits were set on 30 other pictures of the set; the places of the letters were read off the pictures by eye.
"""

import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from analysis.figures.marks import find_marks

IMAGES = Path(__file__).parents[4] / "shared" / "data" / "tb_cxr" / "images"
pytestmark = pytest.mark.shared_data

# Of the side letter of each of the first 36 pictures in a shuffled list (random.Random(11)): x, y in 1/179 of the side.
LETTERS = [
    (173, 8), (143, 18), (159, 10), (105, 7), (45, 12), (8, 12),
    (6, 21), (51, 18), (4, 6), (43, 15), (143, 13), (142, 10),
    (121, 15), (6, 21), (31, 11), (133, 13), (33, 13), (4, 5),
    (144, 11), (50, 12), (7, 11), (118, 9), (43, 30), (35, 20),
    (5, 6), (138, 10), (24, 13), (6, 11), (147, 11), (132, 5),
    (7, 8), (136, 4), (3, 4), (26, 7), (149, 8), (144, 12),
]  # fmt: skip


def test_most_side_letters_are_hidden_and_little_else(capsys: pytest.CaptureFixture[str]) -> None:
    if not IMAGES.is_dir():
        pytest.skip("../shared/data/tb_cxr is not here")
    paths = sorted(IMAGES.iterdir())
    random.Random(11).shuffle(paths)
    is_hidden, shares = [], []
    for path, (x, y) in zip(paths, LETTERS, strict=False):
        boxes = find_marks(np.asarray(Image.open(path).convert("L"), dtype=np.float32)[None] / 255)
        is_hidden.append(any(b.left <= x / 179 <= b.right and b.top <= y / 179 <= b.bottom for b in boxes))
        shares.append(sum(box.height * (box.right - box.left) for box in boxes))
    with capsys.disabled():
        print(
            f"\nside letters of 36 radiographs: {np.mean(is_hidden):.0%} hidden, with {np.mean(shares):.1%} of the area"
        )
    assert np.mean(is_hidden) >= 0.75
    assert np.mean(shares) <= 0.03

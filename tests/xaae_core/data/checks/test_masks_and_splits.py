"""Masks that do not belong, and splits that hold nothing out."""

import numpy as np
import pytest
from PIL import Image

from xaae_core.data.checks.masks import check_masks, mask_fit
from xaae_core.data.checks.split_design import check_split_design, dates_of


@pytest.fixture
def discs():
    """discs(n): n pictures of a bright disc, each elsewhere, and the masks of the discs."""

    def draw(n, side=48):
        rng = np.random.default_rng(0)
        y, x = np.mgrid[:side, :side]
        pictures, masks = [], []
        for _ in range(n):
            cy, cx, r = rng.uniform(18, 30), rng.uniform(18, 30), rng.uniform(8, 13)
            inside = (y - cy) ** 2 + (x - cx) ** 2 < r**2
            pictures.append(np.clip(60 + 120 * inside + rng.normal(0, 10, (side, side)), 0, 255).astype(np.uint8))
            masks.append((inside * 255).astype(np.uint8))
        return pictures, masks

    return draw


@pytest.fixture
def write_masks(write_set):
    """write_masks(pictures, masks): a folder with a column of masks; None for a mask that is not there."""

    def write(pictures, masks):
        names = ["" if mask is None else f"m{number:03d}.png" for number, mask in enumerate(masks)]
        root = write_set(pictures, mask=names)
        for name, mask in zip(names, masks, strict=True):
            if mask is not None:
                Image.fromarray(mask).save(root / name)
        return root

    return write


def only(findings, word):
    return [finding for finding in findings if word in finding.title]


def test_masks_of_their_own_are_good(discs, write_masks, given_of, found):
    assert not found(check_masks, given_of(write_masks(*discs(30))))


def test_a_set_without_masks_says_nothing(portraits, write_set, given_of):
    assert list(check_masks(given_of(write_set(portraits(6))))) == []


def test_each_fault_of_a_mask_is_named_with_its_picture(discs, write_masks, given_of, found):
    pictures, masks = discs(40)
    masks[0] = None
    masks[1] = masks[1][:24]
    masks[2] = np.kron(masks[2], np.ones((2, 2), np.uint8))
    masks[3] = np.zeros_like(masks[3])
    masks[4] = np.full_like(masks[4], 255)
    masks[5] = np.tile(np.arange(48, dtype=np.uint8) * 5, (48, 1))
    masks[7] = masks[6]
    findings = found(check_masks, given_of(write_masks(pictures, masks)))
    for word, cases in {
        "without a mask": ("000.png",),
        "of another shape": ("001.png",),
        "of another size": ("002.png",),
        "without anything": ("003.png",),
        "cover the whole": ("004.png",),
        "not black and white": ("005.png",),
        "shared by pictures": ("006.png", "007.png"),
    }.items():
        (finding,) = only(findings, word)
        assert finding.cases == cases, word


def test_a_mask_that_cannot_be_read_is_named(discs, write_masks, given_of, found):
    root = write_masks(*discs(8))
    (root / "m003.png").write_bytes(b"no mask")
    (finding,) = only(found(check_masks, given_of(root)), "cannot be read")
    assert finding.cases == ("003.png",)


def test_masks_that_slipped_by_a_row_are_noticed(discs, write_masks, given_of, found):
    pictures, masks = discs(40)
    (finding,) = only(found(check_masks, given_of(write_masks(pictures, masks[1:] + masks[:1]))), "no better")
    assert finding.level == "warn"


def test_masks_fit_their_own_pictures_and_not_others(discs):
    pictures, masks = (np.stack(part) for part in discs(40))
    own, p = mask_fit(pictures, masks)
    other, p_other = mask_fit(pictures, np.roll(masks, 1, axis=0))
    assert own > other
    assert p < 0.01 < p_other


def test_a_mask_in_another_place_than_usual_is_noted(discs, write_masks, given_of, found):
    pictures, masks = discs(40)
    masks[9] = np.zeros_like(masks[9])
    masks[9][:4, :4] = 255
    (finding,) = only(found(check_masks, given_of(write_masks(pictures, masks))), "far from")
    assert finding.cases == ("009.png",)


def test_no_test_split_warns_and_a_drawn_split_is_noted(portraits, write_set, given_of, found):
    given = given_of(write_set(portraits(40), split=["train"] * 30 + ["valid"] * 10))
    assert any("No test split" in f.title for f in found(check_split_design, given, "warn"))
    drawn = given_of(write_set(portraits(40), split=[""] * 40))
    assert any("drawn at random" in f.title for f in found(check_split_design, drawn, "note"))


def test_a_full_split_is_good(portraits, write_set, given_of, found):
    given = given_of(write_set(portraits(40), split=["train"] * 24 + ["valid"] * 8 + ["test"] * 8))
    assert not found(check_split_design, given)


@pytest.mark.parametrize(
    ("entries", "is_dates"),
    [
        (["2020-01-31", "2021-12-01"], True),
        (["20200131", ""], True),
        (["2020/01/31 12:30", "2019/05/05"], True),
        (["2020-13-01", "2020-01-01"], False),
        (["12345678", "87654321"], False),
        (["", ""], False),
    ],
)
def test_dates_are_told_from_other_entries(entries, is_dates):
    assert (dates_of("when", np.array(entries)) is not None) == is_dates


def test_years_need_a_heading_that_says_so():
    assert dates_of("year", np.array([2019.0, 2020.0])) is not None
    assert dates_of("count", np.array([2019.0, 2020.0])) is None


def test_a_split_that_follows_time_is_good_and_one_that_does_not_is_noted(portraits, write_set, given_of, found):
    days = [f"2020-{1 + number // 4:02d}-{1 + number % 4:02d}" for number in range(40)]
    in_order = given_of(write_set(portraits(40), date=days, split=["train"] * 24 + ["valid"] * 8 + ["test"] * 8))
    assert not found(check_split_design, in_order)
    mixed = given_of(write_set(portraits(40), date=days, split=["train", "test", "train", "valid"] * 10))
    assert any("does not follow" in f.title for f in found(check_split_design, mixed, "note"))

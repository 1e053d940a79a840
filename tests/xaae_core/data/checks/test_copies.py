"""Copies are found whatever was done to the file, and pictures that merely look alike are not taken for copies."""

import io

import numpy as np
import pytest
from PIL import Image

from xaae_core.data.checks import check_dataset
from xaae_core.data.checks.copies import find_alike, group_equal, join_pairs, turn_to_one_side
from xaae_core.data.checks.duplicates import check_duplicates
from xaae_core.data.dataset import read_dataset


def jpeg(picture, quality):
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=quality)
    return stream.getvalue()


CHANGES = {
    "the same file": lambda p: p,
    "jpeg": lambda p: np.asarray(Image.open(io.BytesIO(jpeg(p, 40)))),
    "half the size": lambda p: np.asarray(Image.fromarray(p).resize((48, 48), Image.Resampling.BICUBIC)),
    "twice the size": lambda p: np.asarray(Image.fromarray(p).resize((192, 192))),
    "in colour": lambda p: np.stack([p] * 3, axis=-1),
    "brighter": lambda p: (40 + 0.8 * p.astype(float)).astype(np.uint8),
    "gamma": lambda p: (255 * (p / 255.0) ** 0.75).astype(np.uint8),
    "mirrored": lambda p: p[:, ::-1].copy(),
    "upside down": lambda p: p[::-1].copy(),
    "turned": lambda p: np.rot90(p).copy(),
    "turned and mirrored": lambda p: np.rot90(p)[:, ::-1].copy(),
}


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_copy_in_another_split_is_found_and_nothing_else(change, portraits, write_set, given_of, found):
    pictures = portraits(60, side=96)
    pictures.append(CHANGES[change](pictures[5]))
    splits = ["train"] * 50 + ["valid"] * 5 + ["test"] * 6
    given = given_of(write_set(pictures, label=["a"] * 61, split=splits))
    crossing = [f for f in found(check_duplicates, given) if "more than one split" in f.title]
    assert [finding.cases for finding in crossing] == [("005.png", "060.png")]
    assert crossing[0].level == "stop"  # one of eleven held-out pictures


def test_pictures_of_one_kind_are_no_copies(portraits, write_set, given_of, found):
    assert not found(check_duplicates, given_of(write_set(portraits(150, side=96))))


def test_copies_with_two_labels_are_an_error_of_the_labels(portraits, write_set, given_of, found):
    pictures = portraits(40)
    labels = ["a", "b"] * 20
    given = given_of(write_set([*pictures, pictures[0]], label=[*labels, "b"], split=["train"] * 41))
    findings = found(check_duplicates, given)
    noise = next(finding for finding in findings if "different labels" in finding.title)
    assert noise.cases == ("000.png", "040.png")
    assert not any("more than one split" in f.title for f in findings)


def test_the_three_copies_of_a_picture_are_one_group(portraits, write_set, given_of, found):
    pictures = portraits(30)
    given = given_of(write_set([*pictures, pictures[3], pictures[3]], label=["a"] * 32, split=["train"] * 32))
    (finding,) = found(check_duplicates, given)
    assert finding.title.startswith("1 picture is there more than once within a split (2 extra)")


def test_every_way_to_lay_a_picture_down_becomes_one(portraits):
    thumb = portraits(1, side=32)[0]
    ways = [np.rot90(side, turns) for side in (thumb, thumb[:, ::-1]) for turns in range(4)]
    turned = turn_to_one_side(np.stack(ways))
    assert len({way.tobytes() for way in ways}) == 8
    assert len({way.tobytes() for way in turned}) == 1


def test_blank_pictures_are_no_copies_of_each_other_by_look():
    assert len(find_alike(np.zeros((50, 32, 32), np.uint8)).rows) == 0


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_compare(count):
    assert len(find_alike(np.zeros((count, 32, 32), np.uint8)).rows) == 0


def test_a_set_whose_pictures_all_look_alike_has_no_copies_by_that(portraits):
    rng = np.random.default_rng(0)
    common = rng.integers(0, 256, (32, 32)).astype(float)
    alike = np.clip(common + rng.normal(0, 12, (200, 32, 32)), 0, 255).astype(np.uint8)
    pairs = find_alike(alike)
    assert pairs.limit > 0.94
    assert len(pairs.copies().rows) == 0
    again = find_alike(np.concatenate([alike, alike[:3]]))
    assert sorted(again.copies().rows.tolist()) == [[0, 200], [1, 201], [2, 202]]


def test_blocks_give_what_one_block_gives(portraits, monkeypatch):
    thumbs = np.stack(portraits(40, side=32))
    thumbs = np.concatenate([thumbs, thumbs[10:20]])
    whole = find_alike(thumbs)
    monkeypatch.setattr("xaae_core.data.checks.copies._BLOCK_ENTRIES", 300)
    parts = find_alike(thumbs)
    assert sorted(map(tuple, whole.rows.tolist())) == sorted(map(tuple, parts.rows.tolist()))
    assert {(row, row + 30) for row in range(10, 20)} <= {tuple(pair) for pair in whole.rows.tolist()}


def test_equal_digests_and_joined_pairs():
    assert group_equal(["a", "b", "a", "c", "a"]) == [[0, 2, 4]]
    assert join_pairs(np.array([[0, 1], [1, 4], [2, 3]]), 6) == [[0, 1, 4], [2, 3]]


def test_the_order_of_the_rows_does_not_matter(portraits, write_set):
    pictures = portraits(30)
    pictures[29] = pictures[4]
    splits = ["train"] * 20 + ["valid"] * 5 + ["test"] * 5
    folder = write_set(pictures, split=splits)
    first = check_dataset(read_dataset(folder))
    lines = (folder / "labels.csv").read_text().splitlines()
    (folder / "labels.csv").write_text("\n".join([lines[0], *reversed(lines[1:])]))
    second = check_dataset(read_dataset(folder))
    found = [[f for f in report.findings if "more than one split" in f.title] for report in (first, second)]
    assert [[set(finding.cases) for finding in findings] for findings in found] == [[{"004.png", "029.png"}]] * 2

"""What is sent to the browser: exact pictures, and a refusal with a name for everything that does not fit."""

import io
import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab
from streamlit.testing.v1 import AppTest

from app.components.path_viewer import (
    EncodedPath,
    PathPayload,
    PathPayloadError,
    StepTrust,
    change_colours,
    encode_path,
    grey_levels,
)
from app.components.path_viewer.encoding import change_limit
from app.components.path_viewer.viewer import _committed_step

STEPS = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])


def make_payload(*, channels: int = 1, height: int = 24, width: int = 40, **changes: Any) -> PathPayload:
    shape = (height, width) if channels == 1 else (height, width, 3)
    levels = np.random.default_rng(0).integers(0, 256, (11, *shape), dtype=np.uint8)
    fields = {
        "path_id": "a", "steps": STEPS, "frames": levels[:5], "on_original": levels[5:10], "original": levels[10],
        "class_name": "effusion",
    }  # fmt: skip
    return PathPayload(**(fields | changes))


def unpack(encoded: EncodedPath) -> tuple[dict[str, Any], dict[tuple[str, int], np.ndarray]]:
    blob = encoded.blob
    assert blob[:4] == b"XPV1"
    (length,) = struct.unpack("<I", blob[4:8])
    header = json.loads(blob[8 : 8 + length])
    body = blob[8 + length :]
    pictures = {}
    for entry in header["images"]:
        data = body[entry["offset"] : entry["offset"] + entry["length"]]
        pictures[entry["kind"], entry["step"]] = np.asarray(Image.open(io.BytesIO(data)))
    return header, pictures


@pytest.mark.parametrize("channels", [1, 3])
def test_every_picture_survives_to_the_last_grey_level(channels: int) -> None:
    payload = make_payload(channels=channels)
    header, pictures = unpack(encode_path(payload))
    assert (header["size"], header["channels"]) == ([24, 40], channels)
    np.testing.assert_array_equal(pictures["original", 2], payload.original)
    for k in range(5):
        np.testing.assert_array_equal(pictures["decoded", k], payload.frames[k])
        np.testing.assert_array_equal(pictures["edit", k], payload.on_original[k])


def test_steps_that_are_not_computed_are_not_sent() -> None:
    computed = np.array([True, False, True, False, True])
    probabilities = np.where(computed, 0.5, np.nan)
    trust = [StepTrust("good", "near") if there else None for there in computed]
    header, pictures = unpack(encode_path(make_payload(computed=computed, probabilities=probabilities, trust=trust)))
    assert {step for kind, step in pictures if kind == "decoded"} == {0, 2, 4}
    assert header["computed"] == computed.tolist()
    assert header["probabilities"] == [0.5, None, 0.5, None, 0.5]
    assert header["trust"] == [["good", "near"], None] * 2 + [["good", "near"]]


def test_equal_payloads_give_equal_bytes_and_any_change_another_digest() -> None:
    first = encode_path(make_payload())
    assert encode_path(make_payload()).blob == first.blob
    digest = unpack(first)[0]["digest"]
    moved = make_payload().frames.copy()
    moved[4, 0, 0] ^= 1
    for changed in (make_payload(frames=moved), make_payload(caption="case 3"), make_payload(flip=0.5)):
        assert changed.fingerprint != first.fingerprint
        assert unpack(encode_path(changed))[0]["digest"] != digest


def test_what_lies_in_rows_that_are_not_computed_changes_nothing() -> None:
    computed = np.array([True, False, True, True, True])
    empty, filled = make_payload().frames.copy(), make_payload().frames.copy()
    empty[1], filled[1] = 0, 255
    one, other = (encode_path(make_payload(computed=computed, frames=frames)) for frames in (empty, filled))
    assert one.blob == other.blob


def test_a_fuller_payload_compresses_only_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    partial = encode_path(make_payload(computed=np.array([True, False, True, False, True])))
    whole = encode_path(make_payload())
    compressed = []

    def count(pixels: np.ndarray) -> tuple[str, bytes]:
        compressed.append(pixels)
        return encode_picture(pixels)

    from app.components.path_viewer import encoding

    encode_picture = encoding.encode_picture
    monkeypatch.setattr(encoding, "encode_picture", count)
    merged = encode_path(make_payload(), previous=partial)
    assert len(compressed) == 4  # two steps, decoded and edit
    assert merged.blob == whole.blob
    compressed.clear()
    encode_path(make_payload(path_id="b"), previous=whole)
    assert len(compressed) == 11  # another path shares nothing


def test_the_colour_scale_covers_the_change_and_never_shrinks() -> None:
    base = np.full((5, 8, 8), 100, dtype=np.uint8)
    base[4] = 133
    payload = make_payload(height=8, width=8, frames=base, on_original=base, original=base[0])
    assert change_limit(payload) == (40.0, False)
    assert change_limit(replace(payload, change_limit=20.0)) == (20.0, True)
    wide = encode_path(payload)
    calm = replace(payload, computed=np.array([True, True, True, True, False]))
    assert encode_path(calm).change_limit == 5.0
    assert encode_path(calm, previous=wide).change_limit == 40.0


def test_grey_levels_neither_stretch_nor_shift() -> None:
    pixels = np.array([0.0, 0.25, 0.5, 1.0], dtype=np.float32).reshape(1, 1, 2, 2)
    np.testing.assert_array_equal(grey_levels(pixels), [[[0, 64], [128, 255]]])
    assert grey_levels(np.zeros((7, 3, 4, 6))).shape == (7, 4, 6, 3)
    half = grey_levels(np.full((2, 1, 4, 4), 0.5))
    assert np.unique(half).tolist() == [128]  # a flat picture stays flat and grey


@pytest.mark.parametrize("bad", [np.nan, 1.01, -0.01])
def test_grey_levels_refuse_what_is_not_a_picture(bad: float) -> None:
    pixels = np.full((1, 1, 2, 2), 0.5)
    pixels[0, 0, 0, 0] = bad
    with pytest.raises(PathPayloadError, match=r"expected \[0, 1\]"):
        grey_levels(pixels)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"path_id": ""}, "path_id is empty"),
        ({"steps": np.array([-2.0, -1.0, 0.5, 1.0, 2.0])}, "have no 0"),
        ({"steps": np.array([-2.0, -2.0, 0.0, 1.0, 2.0])}, "not strictly increasing"),
        ({"steps": np.array([-2.0, np.nan, 0.0, 1.0, 2.0])}, "finite numbers of SD"),
        ({"frames": np.zeros((5, 24, 40), np.float32)}, "frames is float32; expected uint8"),
        ({"frames": np.zeros((4, 24, 40), np.uint8)}, r"frames has shape \(4, 24, 40\); expected \(5, 24, 40\)"),
        ({"on_original": np.zeros((5, 24, 41), np.uint8)}, "on_original has shape"),
        ({"original": np.zeros((24, 40, 4), np.uint8)}, r"expected \[H, W\] or \[H, W, 3\]"),
        ({"computed": np.array([True, True, False, True, True])}, "step at 0 is not computed"),
        ({"computed": np.ones(5)}, "computed is float64"),
        ({"probabilities": np.array([0, 0, 0, 0, 1.2])}, "probabilities runs from 0.0 to 1.2; expected 0.0 to 1.0"),
        ({"achieved": np.zeros(3)}, "achieved has shape"),
        ({"trust": [StepTrust("good", "")] * 4}, "trust has 4 entries"),
        ({"trust": [("fine", "")] * 5}, "trust level is 'fine'"),
        ({"change_limit": 0.2}, "change_limit is 0.2"),
        ({"flip": float("nan")}, "flip is nan"),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(PathPayloadError, match=message):
        make_payload(**changes)


def test_arrays_are_kept_read_only_without_freezing_the_callers_own() -> None:
    frames = make_payload().frames.copy()
    payload = make_payload(frames=frames)
    with pytest.raises(ValueError, match="read-only"):
        payload.frames[0, 0, 0] = 1
    frames[0, 0, 0] = 1


@pytest.mark.parametrize(
    ("position", "step"),
    [
        (None, 2),
        ({"path": "a", "step": 4, "sd": 2.0}, 4),
        ({"path": "another", "step": 4, "sd": 0.9}, 3),  # another path: the place nearest to where the reader was
        ({"path": "a", "step": 99, "sd": -7.0}, 0),  # nothing the browser says is trusted to be an index
        ({"path": "a", "step": "4", "sd": "far"}, 2),
        ({"path": "a", "step": True, "sd": float("nan")}, 2),
        ("nonsense", 2),
    ],
)
def test_the_step_read_back_is_always_a_step_of_this_path(position: object, step: int) -> None:
    assert _committed_step(position, make_payload(), start=0.0) == step


def test_a_page_with_the_viewer_runs_without_a_browser_and_reads_the_step() -> None:
    page = AppTest.from_file(str(Path(__file__).parent / "apps" / "path_viewer_demo.py"), default_timeout=60).run()
    assert not page.exception
    page.session_state["viewer"] = {"position": {"path": "case0", "step": 7, "sd": -1.25}}
    page.run()
    assert not page.exception
    assert page.text[0].value.startswith("step 7 sd -1.25 ")


# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB
_BLINDNESS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def seen_with(blindness: str, colours: np.ndarray) -> np.ndarray:
    encoded = colours / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ np.array(_BLINDNESS[blindness]).T, 0, 1)
    return rgb2lab(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))


@pytest.mark.parametrize("blindness", _BLINDNESS)
def test_darker_and_brighter_keep_apart_without_full_colour_vision(blindness: str) -> None:
    seen = seen_with(blindness, change_colours().astype(np.float64))
    darker, brighter = seen[:64][::-1], seen[-64:]  # the outer half of each side, paired by size
    assert deltaE_ciede2000(darker, brighter).min() > 15


def test_the_colours_of_change_rise_evenly_from_zero() -> None:
    lightness = rgb2lab(change_colours() / 255)[:, 0]
    assert (np.diff(lightness[127:]) >= -0.3).all()
    assert (np.diff(lightness[127::-1]) >= -0.3).all()
    np.testing.assert_allclose(lightness, lightness[::-1], atol=6)  # neither sign is louder
    red, green, blue = change_colours()[127].tolist()
    assert max(red, green, blue) - min(red, green, blue) <= 2  # zero has no hue

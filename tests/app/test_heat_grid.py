"""What the grid of maps sends to the browser: exact enough numbers, known sizes, and refusals with a name."""

import io
import json
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from analysis.figures.heat_layers import colour_limit, overlay
from app.components.heat_grid import (
    EncodedGrid,
    HeatGridError,
    HeatGridPayload,
    HeatRow,
    HeatTile,
    attribution_colours,
    encode_grid,
    quantise_heat,
    trace_outline,
)
from app.components.heat_grid.encoding import QuantisedHeat
from tests.app.apps.drawn_heat import draw_heat, draw_mask, draw_payload, draw_picture
from xaae_core.errors import XaaeError

TYPES = {"int16": "<i2", "float32": "<f4"}


def unpack(encoded: EncodedGrid) -> tuple[dict[str, Any], bytes]:
    assert encoded.blob[:4] == b"XHG1"
    (length,) = struct.unpack("<I", encoded.blob[4:8])
    return json.loads(encoded.blob[8 : 8 + length]), encoded.blob[8 + length :]


def sent_heat(tile: dict[str, Any], body: bytes) -> np.ndarray:
    data = body[tile["offset"] : tile["offset"] + tile["length"]]
    return np.frombuffer(data, dtype=TYPES[tile["type"]]).astype(np.float64) * tile["scale"]


def restored(heat: QuantisedHeat) -> np.ndarray:
    return np.frombuffer(heat.data, dtype=TYPES[heat.number_type]).astype(np.float64) * heat.scale


@pytest.mark.parametrize("size", [1e-12, 1.0, 1e9])
@pytest.mark.parametrize("outlier", [1.0, 5.0, 6.5, 1000.0])
def test_no_number_is_further_than_a_ten_thousandth_of_the_limit_from_its_own(size: float, outlier: float) -> None:
    heat = (size * np.random.default_rng(0).normal(size=(40, 50))).astype(np.float32)
    heat[3, 4] = outlier * colour_limit(heat)
    found = quantise_heat(heat)
    assert found.limit == colour_limit(heat)
    assert np.abs(restored(found) - heat.ravel()).max() < 1e-4 * found.limit
    assert len(found.data) == heat.size * (2 if found.number_type == "int16" else 4)
    assert found.number_type == ("int16" if outlier < 6 else "float32")


def test_zero_stays_zero_and_a_map_of_zeros_has_a_scale() -> None:
    heat = draw_heat(0).copy()
    heat[5:9] = 0
    assert (restored(quantise_heat(heat)).reshape(heat.shape)[5:9] == 0).all()
    flat = quantise_heat(np.zeros((4, 5), np.float32))
    assert flat.limit > 0
    assert (restored(flat) == 0).all()


def test_the_block_holds_every_map_and_the_picture_at_the_places_it_names() -> None:
    payload = draw_payload(n_rows=3)
    header, body = unpack(encode_grid(payload))
    place = header["picture"]
    picture = np.asarray(Image.open(io.BytesIO(body[place["offset"] : place["offset"] + place["length"]])))
    np.testing.assert_array_equal(picture, np.rint(payload.picture[0] * 255))
    for row, words in zip(payload.rows, header["rows"], strict=True):
        for tile, sent in zip(row.tiles, words["tiles"], strict=True):
            assert sent["digest"] is None if tile.heat is None else sent["digest"]
            if tile.heat is not None:
                apart = np.abs(sent_heat(sent, body) - tile.heat.ravel()).max()
                assert apart < 1e-4 * colour_limit(tile.heat)
    assert header["rows"][1]["tiles"][0]["is_stale"]


def test_a_colour_picture_survives_to_the_last_level() -> None:
    header, body = unpack(encode_grid(draw_payload(is_colour=True)))
    place = header["picture"]
    picture = np.asarray(Image.open(io.BytesIO(body[place["offset"] : place["offset"] + place["length"]])))
    np.testing.assert_array_equal(picture, np.rint(np.moveaxis(draw_picture(is_colour=True), 0, -1) * 255))


def test_equal_payloads_give_equal_bytes_and_every_change_another_digest() -> None:
    first = draw_payload()
    assert encode_grid(draw_payload()).blob == encode_grid(first).blob
    row = first.rows[0]
    assert row.main.heat is not None
    moved = row.main.heat.copy()
    moved[0, 0] += 0.5
    changed = [
        replace(first, caption="another"),
        replace(first, mask=None),
        replace(first, picture=first.picture * 0.5),
        replace(first, rows=first.rows[:1]),
        replace(first, rows=(replace(row, sentence="another"), *first.rows[1:])),
        replace(first, rows=(replace(row, main=replace(row.main, heat=moved)), *first.rows[1:])),
        replace(first, rows=(replace(row, main=replace(row.main, is_stale=True)), *first.rows[1:])),
    ]
    prints = [payload.fingerprint for payload in (first, *changed)]
    digests = [unpack(encode_grid(payload))[0]["digest"] for payload in (first, *changed)]
    assert len(set(prints)) == len(set(digests)) == len(prints)


def test_a_row_that_arrives_costs_no_second_encoding_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    first = encode_grid(draw_payload(n_rows=1))
    counted: list[tuple[int, ...]] = []

    def count(heat: np.ndarray) -> QuantisedHeat:
        counted.append(heat.shape)
        return quantise_heat(heat)

    monkeypatch.setattr("app.components.heat_grid.encoding.quantise_heat", count)
    second = encode_grid(draw_payload(n_rows=2), previous=first)
    assert len(counted) == 2  # the two maps of the second row
    assert second.blob == encode_grid(draw_payload(n_rows=2)).blob


def test_the_same_map_in_many_rows_is_sent_once() -> None:
    few, many = (len(unpack(encode_grid(draw_payload(n_rows=n)))[1]) for n in (2, 11))
    assert few == many


def test_the_colours_are_those_of_the_exported_figure() -> None:
    heat = np.linspace(-1, 1, 4001, dtype=np.float32)[None]
    figure = overlay(np.zeros((1, *heat.shape), np.float32), heat, opacity=1.0)
    share = np.clip(heat / colour_limit(heat), -1, 1)
    place = np.minimum(255, np.floor((share / 2 + 0.5) * 256).astype(int))
    ours = attribution_colours()[place] / 255 * np.abs(share)[..., None]
    assert (np.abs(ours - figure).max(axis=-1) < 0.51 / 255).mean() > 0.999  # but for numbers between two colours


def test_the_outline_has_every_edge_of_the_mask_once() -> None:
    for mask in (draw_mask(), np.ones((3, 4), bool), np.eye(5, dtype=bool), np.zeros((2, 2), bool)):
        outline = trace_outline(mask)
        inside = np.pad(mask, 1).astype(int)
        n_upright, n_level = (int(np.abs(np.diff(inside, axis=axis)).sum()) for axis in (1, 0))
        assert outline.upright[:, 2].sum() == n_upright
        assert outline.level[:, 2].sum() == n_level
        for x, y, length in outline.upright:
            assert (inside[y + 1 : y + length + 1, x] != inside[y + 1 : y + length + 1, x + 1]).all()
        for x, y, length in outline.level:
            assert (inside[y, x + 1 : x + length + 1] != inside[y + 1, x + 1 : x + length + 1]).all()


SMALL = HeatRow("a", "A", "", "", "", HeatTile("map", np.zeros((4, 4), np.float32)))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: replace(draw_payload(), rows=()), "no rows"),
        (lambda: replace(draw_payload(), rows=(draw_payload().rows[0],) * 2), r"\['signed'\]"),
        (lambda: HeatTile("map", np.full((4, 4), np.nan, np.float32)), "16 numbers of 16 that are not finite"),
        (lambda: HeatTile("map", np.zeros((1, 4, 4), np.float32)), r"\(1, 4, 4\); expected \[H, W\]"),
        (lambda: HeatTile("map", -np.ones((2, 2), np.float32), kind="positive"), 'down to -1; pass kind="signed"'),
        (lambda: HeatTile("map", None, kind="other"), "'other'"),  # type: ignore[arg-type]
        (lambda: replace(draw_payload(), rows=(SMALL,)), r"\(4, 4\); expected \(48, 64\)"),
        (lambda: replace(draw_payload(), mask=np.zeros((4, 4), bool)), r"bool \(4, 4\); expected bool \(48, 64\)"),
        (lambda: replace(draw_payload(), mask=np.zeros((48, 64))), r"float64 \(48, 64\); expected bool"),
        (lambda: replace(draw_payload(), picture=draw_picture() * 255), r"255.0; expected \[0, 1\]"),
        (lambda: replace(draw_payload(), picture=draw_picture()[0]), r"\(48, 64\); expected \[C, H, W\]"),
        (lambda: replace(draw_payload(), picture=draw_picture() * np.nan), r"nan; expected \[0, 1\]"),
        (lambda: HeatRow("", "A", "", "", "", HeatTile("map", None)), "has no id"),
        (lambda: HeatRow("a", "A", "", "fine", "", HeatTile("map", None)), "'fine'"),  # type: ignore[arg-type]
        (lambda: replace(SMALL, strip=(HeatTile("map", None),) * 5), "5 maps; expected at most 4"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_name(make: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        make()
    assert isinstance(caught.value, HeatGridError)
    assert isinstance(caught.value, XaaeError)


def test_arrays_are_kept_read_only_and_the_callers_own_stay_as_they_are() -> None:
    heat, picture = draw_heat(0), draw_picture()
    payload = HeatGridPayload(picture, (replace(SMALL, main=HeatTile("map", heat)),))
    assert payload.rows[0].main.heat is not None
    with pytest.raises(ValueError, match="read-only"):
        payload.rows[0].main.heat[0, 0] = 1
    heat[0, 0] = picture[0, 0, 0] = 0.5


def test_the_page_encodes_once_a_session() -> None:
    def page() -> None:
        import streamlit as st

        from app.components.heat_grid import heat_grid
        from tests.app.apps.drawn_heat import draw_payload

        st.text(str(heat_grid(draw_payload(), key="grid").opened))

    session = AppTest.from_function(page).run()
    first = session.session_state["_heat_grid_grid"]
    session.run()
    assert session.session_state["_heat_grid_grid"] is first
    assert session.text[0].value == "None"

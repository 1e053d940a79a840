"""Signals on the attributions page, in its files and from the command line."""

import csv
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.attributions import LatentDimension, attribute
from analysis.figures.attribution_map import AttributionFigure
from analysis.figures.cohort_figure import CohortFigure
from analysis.figures.export import draw_file
from app import attributions_state
from app.attributions_page import case_view, cohort_view
from app.cli import main
from app.components.heat_grid import HeatGridError, HeatGridPayload, HeatGridState, HeatRow, HeatTile, encode_grid
from app.opened_model import open_checkpoint
from tests.app.apps.drawn_traces import PULSE, draw_map, draw_payload, draw_signal, form_of
from tests.app.session import Session
from tests.app.signal_folders import write_beats, write_beats_model
from xaae_core.data.signals.signal_masks import read_signal_mask
from xaae_core.errors import MaskError

Grids = dict[str, list[HeatGridPayload]]


@pytest.fixture(scope="module")
def beats_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_beats_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def beats_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("beats") / "beats"
    write_beats(folder)
    return folder


@pytest.fixture
def page(
    open_session: Any, beats_model: Path, beats_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Session, Grids]:
    """The page on a model of beats, explaining a dimension by one quick method; and what the grids were sent."""
    sent: Grids = {}

    def watch(payload: HeatGridPayload, *, key: str, **options: Any) -> HeatGridState:
        sent.setdefault(key, []).append(payload)
        return HeatGridState(opened=None)

    monkeypatch.setattr(case_view, "heat_grid", watch)
    monkeypatch.setattr(cohort_view, "heat_grid", watch)
    session: Session = open_session(checkpoint=beats_model, data=beats_folder)
    for key, value in {
        attributions_state.METHODS: ["integrated_gradients"],
        attributions_state.METHOD: "integrated_gradients",
        attributions_state.EXPLAINED: "dimension",
        attributions_state.BASELINE: "black",  # kept from a model of pictures
        attributions_state.STEPS: 8,
    }.items():
        session.app.session_state[key] = value
    return session, sent


def finish(session: Session) -> Session:
    for _, job in session.app.session_state[attributions_state._JOBS].values():
        job.wait(120)
    return session.run()


def test_a_beat_is_explained_and_checked_along_time(page: tuple[Session, Grids], beats_model: Path) -> None:
    session, grids = page
    finish(session.go("attributions.py")).assert_well()
    payload = grids[attributions_state.GRID][-1]
    assert payload.form is not None
    assert payload.form.units == ("mV", "mV")
    model = open_checkpoint(beats_model).model
    made = attribute(model, payload.picture, LatentDimension(0), method="integrated_gradients")
    (row,) = payload.rows
    assert row.main.heat is not None
    assert np.corrcoef(row.main.heat.ravel(), made.map.ravel())[0, 1] > 0.99  # fewer steps
    assert "each channel's mean" in row.sentence
    assert row.verdict in ("good", "doubtful", "bad")
    assert [tile.label for tile in row.strip] == ["model destroyed", "labels shuffled", "moved in time"]
    assert payload.mask is not None
    assert payload.mask[0].any()
    assert np.array_equal(payload.mask[0], payload.mask[1])
    told = " ".join([row.sentence, *(tip for _, _, tip in row.scores), session.words("caption")])
    assert "pixel" not in told
    assert "picture" not in told


def test_many_beats_make_a_curve_with_its_spread(page: tuple[Session, Grids]) -> None:
    session, grids = page
    session.app.session_state[attributions_state.VIEW] = attributions_state.MANY_CASES
    session.go("attributions.py")
    next(button for button in session.app.button if button.label == "Make the mean map").click().run()
    finish(session).assert_well()
    payload = grids[attributions_state.COHORT_GRID][-1]
    main = payload.rows[0].main
    assert payload.form is not None
    assert main.spread is not None
    np.testing.assert_array_equal(main.spread, payload.rows[0].strip[0].heat)
    assert "signals" in payload.rows[0].sentence


def test_the_browser_is_sent_the_traces_in_their_units_and_spans_of_the_mask() -> None:
    payload = draw_payload(is_mean=True)
    blob = encode_grid(payload).blob
    (length,) = struct.unpack_from("<I", blob, 4)
    header = json.loads(blob[8 : 8 + length])
    body = blob[8 + length :]
    place = header["picture"]
    assert payload.form is not None
    values = np.frombuffer(body[place["offset"] : place["offset"] + place["length"]], "<f4").reshape(2, 200)
    np.testing.assert_allclose(values, payload.form.in_units(draw_signal(payload.form)[0]), atol=1e-6)
    assert header["form"] == {"names": ["lead 1", "lead 2"], "units": ["mV", "mV"], "rate": 100.0}
    assert header["outline"] == {"spans": [[[PULSE.start, 20]], [[PULSE.start, 20]]]}
    spread = header["rows"][0]["tiles"][0]["spread"]
    sent = np.frombuffer(body[spread["offset"] : spread["offset"] + spread["length"]], "<i2") * spread["scale"]
    np.testing.assert_allclose(sent, 0.2, atol=1e-4)
    assert encode_grid(payload).blob == blob


def test_a_signal_of_another_shape_or_a_spread_below_zero_is_refused() -> None:
    form = form_of()
    row = HeatRow("a", "a", "", "", "", HeatTile("map", draw_map(form)))
    with pytest.raises(HeatGridError, match="signal has shape"):
        HeatGridPayload(draw_signal(form)[:, :1], (row,), form=form)
    with pytest.raises(HeatGridError, match="goes down to"):
        HeatTile("mean", draw_map(form), spread=-np.ones((2, 200), np.float32))


def test_figures_of_signals_name_channels_units_and_seconds() -> None:
    payload = draw_payload()
    form = payload.form
    assert form is not None
    made = attribute_drawn(draw_map(form))
    figure = AttributionFigure(payload.picture, [made], "beat 3", payload.mask, ["believable: all 4 checks"], form)
    text = draw_file(figure, "svg").decode()
    for words in ("lead 1", "mV", "time (s)", "believable: all 4 checks", "beat 3"):
        assert words in text
    assert draw_file(figure, "pdf").startswith(b"%PDF")
    builder = cohort_of(form)
    text = draw_file(CohortFigure(payload.picture, {"all": builder}, "two beats", form), "svg").decode()
    assert "time (s); grey: the mean trace" in text
    assert "lead 2" in text


def attribute_drawn(heat: np.ndarray) -> Any:
    from analysis.attributions import Attribution

    return Attribution(heat, "occlusion", "score", 1.0, "each channel's mean", 0.0, None, "fall of the target", {})


def cohort_of(form: Any) -> Any:
    from analysis.attributions.cohort_map import CohortMapBuilder

    builder = CohortMapBuilder()
    for seed in range(2):
        builder.add(attribute_drawn(draw_map(form, seed)))
    return builder.result()


def test_the_command_writes_figures_numbers_and_tables_of_beats(
    beats_model: Path, beats_folder: Path, tmp_path: Path
) -> None:
    beats = [f"{beats_folder / 'beats.npz'}#{k}" for k in (0, 1)]
    masks = [part for k in (0, 1) for part in ("--mask", f"{beats_folder / 'st_mask.npy'}#{k}")]
    done = CliRunner().invoke(
        main,
        ["attribute", str(beats_model), *beats, "--out", str(tmp_path), "--target", "dimension:1", "--evaluate",
         "--method", "occlusion", "--window", "8", *masks],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "strongest in" in done.output
    assert "of the signal" in done.output
    (folder, _) = sorted(path for path in tmp_path.iterdir() if path.is_dir())
    for name in ("attributions.svg", "attributions.pdf", "occlusion.png", "evaluation.csv", "attribution.json"):
        assert (folder / name).stat().st_size > 0
    with np.load(folder / "attributions.npz") as arrays:
        assert arrays["occlusion"].shape == arrays["signal"].shape == (2, 64)
        assert arrays["seconds"][1] == pytest.approx(1 / 64)
        assert arrays["channel_names"].tolist() == ["II", "V2"]
    with (tmp_path / "summary.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    assert {row["peak_channel"] for row in rows} <= {"II", "V2"}
    assert (tmp_path / "mean.svg").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--baseline", "black"], "does not suit signals: choose level, zero, blurred or mean"),
        (["--window", "65"], "--window 65 is larger than the model's signals, 64 samples"),
        (["--stride", "30"], "leaves gaps between stretches of 5 samples"),
    ],
)
def test_options_that_do_not_suit_signals_are_refused_in_their_words(
    options: list[str], said: str, beats_model: Path, beats_folder: Path, tmp_path: Path
) -> None:
    done = CliRunner().invoke(
        main,
        ["attribute", str(beats_model), f"{beats_folder / 'beats.npz'}#0", "--out", str(tmp_path), "--target",
         "representation", *options],
    )  # fmt: skip
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def test_masks_of_signals_are_of_all_channels_or_each_and_others_are_named(tmp_path: Path) -> None:
    form = form_of(3, 10)
    moments = np.zeros((4, 10), np.uint8)
    moments[2, 3:5] = 255
    np.save(tmp_path / "mask.npy", moments)
    mask = read_signal_mask(f"{tmp_path / 'mask.npy'}#2", form)
    assert mask.shape == (3, 10)
    assert mask.sum() == 6
    with pytest.raises(MaskError, match=r"expected \[3, 10\] .* or \[10\]"):
        read_signal_mask(tmp_path / "mask.npy", form)
    with pytest.raises(MaskError, match="expected more masks"):
        read_signal_mask(f"{tmp_path / 'mask.npy'}#4", form)
    (tmp_path / "text.npy").write_text("no array")
    with pytest.raises(MaskError, match="cannot be read"):
        read_signal_mask(tmp_path / "text.npy", form)

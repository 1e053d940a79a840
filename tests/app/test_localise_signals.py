"""`xaae localise` on signals with masks: references and tolerance along time, baselines and words of signals."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from app.cli import main
from tests.app.signal_folders import write_beats, write_beats_model

ASKED = ("--target", "representation", "--method", "saliency", "--resamples", "200")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 24 beats with masks (6 held out) beside a model of them."""
    place = tmp_path_factory.mktemp("localise")
    write_beats(place / "beats")
    write_beats_model(place)
    return place


def localise(place: Path, out: Path, *options: str) -> Result:
    arguments = ("localise", place / "beats.safetensors", place / "beats", "--out", out, *ASKED, *options)
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_signals_stand_beside_the_middle_of_the_time_and_are_called_signals(place: Path, tmp_path: Path):
    made = localise(place, tmp_path / "out")
    assert made.exit_code == 0, made.output
    assert "6 signals with masks" in made.stdout
    assert "fixed threshold and bar" in made.stdout
    said = [line for line in made.stdout.splitlines() if not line.startswith(str(tmp_path))]
    assert not any(word in line for line in said for word in ("picture", "pixel", "disc"))
    rows = list(csv.DictReader((tmp_path / "out" / "table.csv").open()))
    assert {row["method"] for row in rows} == {"saliency", "centred_bar", "usual_place", "random"}
    for row in rows:
        assert (row["minus_bar_mean"] == "") == (row["method"] == "centred_bar")
    facts = json.loads((tmp_path / "out" / "localisation.json").read_text())
    assert (facts["medium"], facts["baseline"]) == ("signal", "level")


def test_random_maps_of_signals_find_what_chance_finds(place: Path, tmp_path: Path):
    facts = json.loads(localise(place, tmp_path / "out", "--json").stdout)
    line = next(each for each in facts["lines"] if (each["method"], each["measure"]) == ("random", "energy_inside"))
    assert line["mean"] == pytest.approx(facts["mask_share"]["mean"], abs=0.1)


def test_what_does_not_suit_a_signal_is_refused_by_name(place: Path, tmp_path: Path):
    refused = localise(place, tmp_path / "out", "--baseline", "black")
    assert refused.exit_code == 2
    assert "--baseline black does not suit signals: choose level, zero, blurred or mean" in refused.stderr
    np.save(place / "beats" / "st_mask.npy", np.zeros((24, 64), bool))
    try:
        empty = localise(place, tmp_path / "empty", "--fixed-share", "0.2")
    finally:
        write_beats(place / "beats")
    assert empty.exit_code == 2
    assert "none of the 6 signals with a mask could be used" in empty.stderr
    assert "picture" not in empty.stderr

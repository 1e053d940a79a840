"""A model of pictures with signals, and the other way round: one sentence that says so, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from tests.app.signal_folders import write_beats, write_beats_model
from xaae_core.demo import demo_checkpoint, demo_images, demo_latents

OF_FOLDERS = {
    "extract": ("{model}", "{data}", "--out", "{out}/z.parquet"),
    "check-data": ("{data}", "--checkpoint", "{model}"),
    "localise": ("{model}", "{data}", "--target", "representation", "--out", "{out}"),
}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    write_beats(folder / "beats")
    write_beats_model(folder)
    return folder


def refused(out: Path, *arguments: object) -> str:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 2, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert not out.exists()
    return " ".join(result.stderr.split())


@pytest.mark.parametrize("command", OF_FOLDERS)
def test_a_folder_of_the_other_medium_is_refused_before_anything_is_read(
    room: Path, tmp_path: Path, command: str
) -> None:
    out = tmp_path / "out"
    signals, pictures = (room / "beats.safetensors", room / "beats"), (demo_checkpoint(), demo_images())
    for (model, _), (_, data), said in (
        (pictures, signals, "beats holds signals; the model takes pictures: give data of pictures"),
        (signals, pictures, "chest-phantoms holds pictures; the model takes signals: give data of signals"),
    ):
        places = {"model": model, "data": data, "out": out}
        assert said in refused(out, command, *(part.format(**places) for part in OF_FOLDERS[command]))


@pytest.mark.parametrize("command", ["traverse", "examples"])
def test_one_signal_is_refused_by_a_model_of_pictures_by_name(room: Path, tmp_path: Path, command: str) -> None:
    case, out = room / "beats" / "beats.npz#3", tmp_path / "out"
    said = refused(out, command, demo_checkpoint(), case, "--latents", demo_latents(), "--out", out)
    assert "beats.npz#3 is a signal; the model takes pictures" in said


def test_options_of_signals_are_refused_for_pictures(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = CliRunner().invoke(
        main, ["train", str(demo_images()), "--out", str(out), "--model", "vae", "--length", "9"]
    )
    assert result.exit_code == 2
    assert "length: for signals only, and chest-phantoms holds pictures: leave it out" in result.stderr

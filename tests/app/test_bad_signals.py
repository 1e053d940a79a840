"""Bad input of the family of models, from the command line and on the train page: named before anything is trained."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.training.request import TrainingRequest
from app.training.trial import measure_training
from tests.app.cli_folders import write_pictures
from tests.app.session import Session
from tests.app.test_train_page import choose, choose_checked, has_button, run_until
from tests.app.training_jobs import end_all
from xaae_core.data.beats import draw_beats
from xaae_core.errors import TrainingError

BEATS = draw_beats(48, 0, length=48)
SPLITS = ("train", "train", "valid", "test")
TINY = ("--epochs", 1, "--batch-size", 8)


def write_signals(
    folder: Path, values: np.ndarray | None = None, *, rate: float | None = 48.0, short: int = -1
) -> Path:
    """Beats in one archive, or each in a file of its own where one of them is short; and their table."""
    folder.mkdir()
    values = np.array(BEATS.values) if values is None else values
    names = [f"beats.npz#{row}" for row in range(48)]
    said = {} if rate is None else {"sampling_rate": rate}
    if short < 0:
        np.savez(folder / "beats.npz", x=values, channel_names=["II", "V2"], **said)  # type: ignore[arg-type]
    else:
        names = [f"{row:02d}.npz" for row in range(48)]
        for row, name in enumerate(names):
            beat = values[row : row + 1, :, : 40 if row == short else 48]
            np.savez(folder / name, x=beat, **said)  # type: ignore[arg-type]
    rows = [
        f"{name},{'raised' if label else 'normal'},{SPLITS[row % 4]}"
        for row, (name, label) in enumerate(zip(names, BEATS.labels, strict=True))
    ]
    (folder / "labels.csv").write_text("\n".join(["file,label,split", *rows]) + "\n")
    return folder


def with_nan(rows: list[int]) -> np.ndarray:
    values = np.array(BEATS.values)
    values[rows, 1, 9] = np.nan
    return values


def too_wide() -> np.ndarray:
    """The first validation beat far beyond the range that the training beats give the form; and one with a gap."""
    values = with_nan([5])
    values[2] *= 8
    return values


FOLDERS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "nan": (
        lambda folder: write_signals(folder, with_nan([*range(48)])),
        '1 of 96 values are NaN, in "V2", the first at sample 9; expected finite numbers: fill the gaps',
    ),
    "unequal": (
        lambda folder: write_signals(folder, short=7),
        "47 of 48 files have 48 samples at 48 Hz, but not 07.npz (40); the shortest has 40: choose one length",
    ),
    "no rate": (
        lambda folder: write_signals(folder, rate=None),
        "the sampling rate is not known; expected samples a second in the file",
    ),
}


def xaae(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.mark.parametrize("name", FOLDERS)
def test_signals_that_cannot_be_trained_on_are_named_by_the_command(name: str, tmp_path: Path) -> None:
    write, said = FOLDERS[name]
    result = xaae("train", write(tmp_path / "beats"), "--out", tmp_path / "run", "--model", "vae", *TINY)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert not (tmp_path / "run").exists()


def test_bernoulli_signals_beyond_their_range_are_named_by_the_command(tmp_path: Path) -> None:
    data = write_signals(tmp_path / "beats", too_wide())
    asked = ("--model", "vae", "--likelihood", "bernoulli", "--dims", 2)
    result = xaae("train", data, "--out", tmp_path / "run", *asked, *TINY)
    assert result.exit_code == 2, result.output
    assert 'likelihood="bernoulli" needs [0, 1]: rescale the data, or take likelihood="gaussian"' in result.stderr
    assert 'skipped beats.npz#5: beats.npz#5: 1 of 96 values are NaN, in "V2"' in result.stderr
    assert not list((tmp_path / "run").rglob("history.csv"))


@pytest.mark.parametrize(
    ("encoder", "said"),
    [
        ("python:own_nets:flat", "the encoder returned a vector for each image (pooled?), shape (1, 7)"),
        ("python:own_nets:same", "its maps do not shrink"),
        ("python:own_nets:colour", "expected input[1, 1, 48, 48] to have 3 channels, but got 1 channels"),
        ("signal:small", "takes signals of (samples,), not pictures of 48 × 48: for pictures"),
    ],
)
def test_an_encoder_that_the_decoder_cannot_follow_is_named_by_the_command(
    encoder: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (
        "from torch import nn",
        "def flat(input_channels): return nn.Sequential(nn.Flatten(), nn.Linear(2304, 7))",
        "def same(input_channels): return nn.Conv2d(input_channels, 4, 3, padding=1)",
        "def colour(input_channels): return nn.Conv2d(3, 4, 3, stride=2, padding=1)",
    )
    (tmp_path / "own_nets.py").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(tmp_path)
    pictures = write_pictures(tmp_path / "pictures", per_class=8)
    asked = ("--size", 48, "--recons-metric", "ssim", "--encoder", encoder, "--allow-encoders", "own_nets")
    result = xaae("train", pictures, "--out", tmp_path / "run", *asked)
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    assert not list((tmp_path / "run").rglob("history.csv"))


@pytest.mark.parametrize("model", ["vae", "xaaenet"])
def test_no_dimension_of_z_is_named(model: str, tmp_path: Path) -> None:
    result = xaae("train", tmp_path, "--out", tmp_path / "run", "--model", model, "--dims", 0)
    assert result.exit_code == 2
    assert "'--dims': 0 is not in the range x>=1" in result.stderr
    with pytest.raises(TrainingError, match="dims is 0; expected 1 or more"):
        TrainingRequest(model=model, dims=0)


@pytest.fixture
def page(open_session: Any, tmp_path: Path) -> Iterator[Session]:
    session: Session = open_session("train.py")
    yield session
    end_all(tmp_path / "runs")


def test_signals_that_cannot_be_trained_on_are_named_on_the_page(page: Session, tmp_path: Path) -> None:
    for number, (write, said) in enumerate(FOLDERS.values()):
        if number:
            next(button for button in page.app.button if button.key == "train_other").click().run()
        choose(page, write(tmp_path / f"beats{number}"))
        run_until(page, lambda session: bool(session.errors))
        assert page.errors[0].startswith("These data cannot be used yet: ")
        assert said in page.errors[0]
        if "NaN" not in said:
            assert "under “How the signals are read”" in page.words("info")
        assert not has_button("Next: choose a model")(page)


def test_a_rate_that_is_not_known_can_be_said_on_the_page(page: Session, tmp_path: Path) -> None:
    data = write_signals(tmp_path / "beats", rate=None)
    choose(page, data)
    run_until(page, lambda session: bool(session.errors))
    page.app.number_input(key=f"train_rate_{data}").set_value(48.0).run()
    run_until(page, has_button("Next: choose a model"))
    page.assert_well()


def test_bernoulli_signals_beyond_their_range_and_no_dimension_are_named_on_the_page(
    page: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trial runs here, not in a process of its own, which would import everything anew."""
    monkeypatch.setattr(
        "app.train_page.start.estimate_training", lambda data, request, report: measure_training(data, request)
    )
    choose_checked(page, write_signals(tmp_path / "beats", too_wide()))
    page.app.selectbox(key="train_model").set_value("ae").run()
    page.app.number_input(key="train_batch_one").set_value(8).run()
    page.app.selectbox(key="train_option_ae_likelihood_signal").set_value("bernoulli").run()
    run_until(page, lambda session: bool(session.errors))
    assert 'likelihood="bernoulli" needs [0, 1]' in page.errors[0]
    start = next(button for button in page.app.button if button.key == "train_start")
    assert start.disabled
    assert page.app.number_input(key="train_dims_ae").min == 1

"""Options from a file as from flags, and the file beside the results that repeats a run."""

import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from app.command_settings import SettingsCommand
from app.commands import train
from app.encoder_option import allow_encoders
from app.training.request import TrainingRequest
from xaae_core.data.table_columns import TableColumns
from xaae_core.errors import TrainingError


@click.command("draw", cls=SettingsCommand)
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path))
@click.option("--steps", type=click.IntRange(3), default=21)
@click.option("--window", nargs=2, type=float)
@allow_encoders
@click.option("--json", "as_json", is_flag=True)
def draw(image: Path, out: Path, steps: int, window: tuple[float, float] | None, as_json: bool) -> None:
    """Stands for any command."""
    out.mkdir(exist_ok=True)
    click.echo(f"{image.name} {steps} {window}")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(draw, [str(argument) for argument in arguments])


def test_a_file_gives_what_the_flags_do_not(tmp_path: Path):
    settings = tmp_path / "s.toml"
    settings.write_text(f'image = "a.png"\nsteps = 5\nwindow = [40.0, 400.0]\nout = "{tmp_path / "o"}"\n')
    assert run("--settings", settings).stdout == "a.png 5 (40.0, 400.0)\n"
    assert run("b.png", "--steps", 7, "--settings", settings).stdout == "b.png 7 (40.0, 400.0)\n"


def test_the_settings_beside_the_results_repeat_the_run(tmp_path: Path):
    first = run("a.png", "--out", tmp_path / "o", "--steps", 9, "--window", 1, 2, "--json")
    assert first.exit_code == 0, first.output
    written = tmp_path / "o" / "settings.toml"
    assert tomllib.loads(written.read_text())["steps"] == 9
    assert run("--settings", written).stdout == first.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stepz = 5", "sets stepz; this command knows image, out, steps, window"),
        ("steps = 2", "2 is not in the range"),
        ("steps = ", "is not a settings file"),
        ('steps = "many"', "not a valid integer"),
        ("as_json = true", "sets as_json"),
        ('allow_encoders = "os"', "sets allow_encoders"),
    ],
)
def test_a_file_is_checked_as_flags_are(tmp_path: Path, text: str, said: str):
    settings = tmp_path / "s.toml"
    settings.write_text(text)
    refused = run("a.png", "--out", tmp_path, "--settings", settings)
    assert refused.exit_code == 2
    assert said in " ".join(refused.output.split())


def test_a_missing_file_is_named(tmp_path: Path):
    refused = run("a.png", "--out", tmp_path, "--settings", tmp_path / "none.toml")
    assert refused.exit_code == 2
    assert "none.toml" in refused.output.replace("\n", "")


REQUESTS = [
    TrainingRequest(),
    TrainingRequest(preset="quick", size=(96, 128), channels=3, dims=5, is_balanced=False, has_flips=True, seed=4),
    TrainingRequest(columns=TableColumns(label="finding", patient="who"), task="ordinal", target="finding"),
    TrainingRequest(
        window=(40.0, 400.0), find_lr=True, training={"epochs_ae": 2, "lr_max": 1e-3}, weights=Path("w.pth")
    ),
    TrainingRequest(model="vae", options={"beta": 4.0}, dims=3, size=(32, 32), training={"epochs": 3, "patience": 2}),
    TrainingRequest(model="simclr", options={"base_encoder": "resnet34", "projection_dim": 16}, channels=3),
    TrainingRequest(encoder="timm:convnext_tiny", freeze_encoder=True, recons_metric="ssim", is_balanced=True),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=range(len(REQUESTS)))
def test_a_request_survives_its_file_and_the_command_line(request_: TrainingRequest):
    import tomli_w

    text = tomli_w.dumps(request_.to_mapping())
    assert TrainingRequest.from_mapping(tomllib.loads(text)) == request_
    ctx = train.command.make_context("train", ["data", "--out", "o"], default_map=train._flat(tomllib.loads(text)))
    assert train.request_of(ctx.params) == request_


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"epochs": 3}, "unknown settings: epochs"),
        ({"training": {"epoch": 3}}, "unknown training settings: epoch;"),
        ({"training": {"epochs": 3}}, 'epochs: not of the model "xaaenet"; they belong to the other models'),
        ({"model": "va"}, 'there is no model "va": did you mean "vae"'),
        ({"options": {"beta": 2}}, 'beta is no setting of the model "xaaenet"'),
        ({"model": "ae", "options": {"beta": 2}}, 'beta is no setting of the model "ae"'),
        ({"model": "vae", "options": {"beta": -2}}, "beta is -2; expected a number of 0 or more"),
        ({"model": "vae", "preset": "quick"}, 'preset: not of the model "vae"; they belong to the model "xaaenet"'),
        (
            {"model": "vae", "training": {"epochs_ae": 2}},
            'epochs_ae: not of the model "vae".*it has epochs, grad_accum',
        ),
        ({"model": "vae", "encoder": "small", "find_lr": True}, "encoder, find_lr: not of the model"),
        ({"model": "simclr", "dims": 3}, 'dims is 3, but the size of z of "simclr" follows from its network'),
        ({"size": [8, 8]}, "size is"),
        ({"size": 192}, "size is"),
        ({"preset": "fast"}, 'no preset "fast"'),
        ({"task": "segment"}, "task is 'segment'; expected one of auto"),
        ({"columns": {"labels": "x"}}, "columns is"),
        ({"window": [40, 0]}, "window is"),
        ({"batch_size": 1}, "batch_size is 1; expected 2 or more"),
    ],
)
def test_a_request_that_cannot_be_used_says_what_was_expected(values: dict[str, object], said: str):
    with pytest.raises(TrainingError, match=said):
        TrainingRequest.from_mapping(values)

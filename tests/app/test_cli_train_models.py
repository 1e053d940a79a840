"""`xaae train --model`: other models than xAAEnet from a folder of pictures or signals, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analysis.evaluation.verdict import judge_metrics
from app.cli import main
from tests.app.cli_folders import write_pictures
from xaae_core.checkpoints import load_checkpoint, read_state_dict
from xaae_core.data.beats import draw_beats
from xaae_core.latents import read_latents

TINY = ("--epochs", 2, "--batch-size", 8, "--dims", 3)


def xaae(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A folder with pictures/ and run/ of a VAE, and what the command said."""
    folder = tmp_path_factory.mktemp("family")
    write_pictures(folder / "pictures", per_class=24)
    result = xaae("train", folder / "pictures", "--out", folder / "run", "--model", "vae", "--beta", 2, "--size", 16,
        *TINY, "--json")  # fmt: skip
    assert result.exit_code == 0, result.output
    return folder, result


def test_a_vae_is_judged_by_a_probe_and_says_so(trained: tuple[Path, Result]) -> None:
    folder, result = trained
    said, report = json.loads(result.stdout), json.loads((folder / "run" / "evaluation.json").read_text())
    assert said["said_by"] == report["said_by"] == "linear probe on z"
    opened = load_checkpoint(folder / "run" / "model.safetensors")
    assert (opened.card.kind, opened.card.classes, opened.card.target) == ("AutoencoderLatents", (), "")
    assert opened.card.metrics["test_probe_auroc"] == pytest.approx(said["auroc"])
    assert "test_auroc" not in opened.card.metrics
    assert opened.card.training["model"] == "vae"
    assert opened.card.training["beta"] == 2.0
    assert any("linear probe" in reason for reason in judge_metrics(opened.card.metrics).reasons)
    table = read_latents(folder / "run" / "model.latents.parquet")
    assert table.checkpoint_sha256 == opened.sha256
    assert table.z.shape == (48, 3)
    assert table.probabilities.size == 0, "what the probe says is not what the model says"


def test_its_settings_repeat_it_to_the_bit(trained: tuple[Path, Result]) -> None:
    folder, _ = trained
    again = xaae(
        "train", folder / "pictures", "--out", folder / "again", "--settings", folder / "run" / "settings.toml"
    )
    assert again.exit_code == 0, again.output
    assert "by a linear probe on z, as the model learned no labels" in again.stdout
    mine, theirs = (read_state_dict(folder / name / "model.safetensors") for name in ("again", "run"))
    assert all(np.array_equal(mine[key], theirs[key]) for key in theirs)


def test_a_folder_of_signals_trains_a_model(tmp_path: Path) -> None:
    beats = draw_beats(48, 0, length=48)
    data = tmp_path / "beats"
    data.mkdir()
    np.savez(
        data / "beats.npz",
        signals=beats.form.in_units(beats.values),
        sampling_rate=beats.form.sampling_rate,
        channels=np.array(beats.form.channel_names),
    )
    names = [f"beats.npz#{row},{'raised' if label else 'normal'}" for row, label in enumerate(beats.labels)]
    (data / "labels.csv").write_text("\n".join(["file,label", *names]) + "\n")
    done = xaae("train", data, "--out", tmp_path / "run", "--model", "vae", *TINY)
    assert done.exit_code == 0, done.output
    assert "linear probe" in done.stdout
    model = load_checkpoint(tmp_path / "run" / "model.safetensors").model
    assert (type(model).__name__, model.signal_form.length) == ("SignalAutoencoderLatents", 48)
    refused = xaae("train", data, "--out", tmp_path / "no", "--model", "vae", "--flip", *TINY)
    assert refused.exit_code == 2
    assert "flip: for pictures only, and beats holds signals: leave it out" in refused.stderr
    refused = xaae("train", data, "--out", tmp_path / "no", "--model", "simclr")
    assert refused.exit_code == 2
    assert "takes pictures of any size with 3 channels, not signals of 48" in refused.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--model", "vea"), 'did you mean "vae"'),
        (("--model", "vae", "--preset", "quick"), "preset: not of the model"),
        (("--model", "ae", "--beta", 2), "beta is no setting of the model"),
        (("--beta", 2), 'beta is no setting of the model "xaaenet"'),
        (("--epochs", 2), "epochs: not of the model"),
        (("--model", "burgess_vae", "--size", 48), "choose size 32, or a model"),
        (("--model", "classifier_mnist", "--size", 28, "--task", "continuous"), "learns classes, not numbers"),
    ],
)
def test_what_is_not_the_models_own_is_refused(options: tuple[object, ...], said: str, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    pictures = write_pictures(tmp_path / "pictures", per_class=4)
    if "continuous" in options:
        files = sorted(pictures.glob("*/*.png"))
        rows = [f"{file.relative_to(pictures)},{number + 0.5}" for number, file in enumerate(files)]
        (pictures / "labels.csv").write_text("\n".join(["file,label", *rows]) + "\n")
    result = xaae("train", pictures, "--out", tmp_path / "run", *options)
    assert result.exit_code == 2, result.output
    assert said in result.stderr

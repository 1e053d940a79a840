"""`xaae gallery`: its files, its words, going on, and what it refuses."""

import json

import pytest
from click.testing import CliRunner

from analysis.gallery import making
from app.cli import main

SMALL = ("--data", "factors", "--train", 60, "--test", 30, "--epochs", 1, "--dims", 3)


def xaae(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A gallery of two models, and what was printed."""
    out = tmp_path_factory.mktemp("gallery")
    return out, xaae("gallery", *SMALL, "--out", out, "--model", "vae", "--model", "classifier_mnist")


def test_it_leaves_a_page_cards_and_models_and_prints_the_table(made):
    out, result = made
    assert result.exit_code == 0, result.output
    assert {path.name for path in out.iterdir()} == {
        "index.html", "settings.toml", "vae", "classifier_mnist", "principal_components"
    }  # fmt: skip
    card = json.loads((out / "vae" / "card.json").read_text())
    assert f"{card['latents']['kl']['mean']:.1f} ±" in result.stdout
    assert str(out / "index.html") in result.stdout
    for column in ("Linear probe", "ELBO", "MIG", "SAP", "FactorVAE", "DCI: readable"):
        assert column in result.stdout
    assert (out / "vae" / "model.safetensors").is_file()
    assert '"vae"' in (out / "settings.toml").read_text()


def test_the_models_open_in_other_commands(made, tmp_path):
    out, _ = made
    from xaae_core.checkpoints import read_card

    card = read_card(out / "vae" / "model.safetensors")
    assert card.name == "Variational autoencoder (VAE), sprites"
    assert card.training["gallery"]["epochs"] == 1


def test_a_second_call_trains_nothing_and_says_the_same_as_json(made, monkeypatch):
    out, _ = made
    monkeypatch.setattr(making, "train_entry", lambda *_, **__: pytest.fail("trained again"))
    again = xaae("gallery", *SMALL, "--out", out, "--model", "vae", "--model", "classifier_mnist", "--json")
    assert again.exit_code == 0, again.output
    assert "2 of 2 models were finished before" in again.stderr
    told = json.loads(again.stdout)
    assert (
        told["models"]["vae"]["elbo"] == json.loads((out / "vae" / "card.json").read_text())["latents"]["elbo"]["mean"]
    )
    assert told["models"]["classifier_mnist"].get("elbo") is None


def test_ctrl_c_says_what_is_kept(made, monkeypatch):
    out, _ = made

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(making, "train_entry", stop)
    result = xaae("gallery", *SMALL, "--out", out, "--model", "vae", "--model", "ae")
    assert result.exit_code == 1
    assert "1 models are finished" not in result.stderr
    assert "1 model is finished and kept; the same command goes on" in result.stderr


def test_a_failure_is_named_and_shows_in_the_exit_code(tmp_path, monkeypatch):
    from xaae_core.errors import TrainingError

    def fail(*_, **__):
        raise TrainingError("the loss is not finite")

    monkeypatch.setattr(making, "train_entry", fail)
    result = xaae("gallery", *SMALL, "--out", tmp_path, "--model", "vae")
    assert result.exit_code == 1
    assert "failed: vae: TrainingError: the loss is not finite" in result.stderr
    assert "vae failed" in (tmp_path / "index.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--model", "vea"), 'did you mean "vae"?'),
        (("--data", "nothing.npz"), "there is no file nothing.npz"),
        (("--dims", "0"), "0 is not in the range"),
        (("--beta", "0"), "0.0 is not in the range"),
        (("--train", "20", "--data", "digits", "--test", "10", "--model", "recurrent"), "there is no model"),
    ],
)
def test_what_cannot_be_is_refused_with_its_remedy(arguments, said, tmp_path):
    result = xaae("gallery", "--data", "factors", "--out", tmp_path, *arguments)
    assert result.exit_code == 2
    assert said in result.output
    assert not list(tmp_path.iterdir())


def test_help_needs_no_torch():
    import subprocess
    import sys

    code = (
        "import sys; from click.testing import CliRunner; from app.cli import main; "
        "print(CliRunner().invoke(main, ['gallery', '--help']).output[:20], 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "False"

"""A training through the command line, from a folder of pictures to a path, and what it refuses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from tests.app.cli_folders import SIDE, write_pictures
from xaae_core.checkpoints import load_checkpoint
from xaae_core.latents import read_latents

TINY = (
    *("--size", SIDE, "--encoder", "small:8-16", "--dims", 4, "--batch-size", 8, "--recons-metric", "ssim"),
    *("--epochs-adv", 1, "--epochs-ae", 2, "--epochs-classif", 2),
    *("--epochs-consistency", 1, "--epochs-sharpening", 1),
)


def xaae(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def assert_refused(result: Result, *words: str) -> None:
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    for word in words:
        assert word in result.stderr


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A folder with pictures/ (one of them broken) and run/, and what the command said."""
    folder = tmp_path_factory.mktemp("training")
    pictures = write_pictures(folder / "pictures", per_class=24)
    (pictures / "dark" / "23.png").write_bytes(b"not a picture")
    result = xaae("train", pictures, "--out", folder / "run", *TINY, "--target", "bright", "--balanced", "--json")
    assert result.exit_code == 0, result.output
    return folder, result


def test_training_says_the_data_the_epochs_and_what_was_skipped(trained: tuple[Path, Result]) -> None:
    said = trained[1].stderr
    assert "47 images, 2 classes: bright 24, dark 23" in said
    assert "skipped 23.png" in said
    for line in (
        "adversarial 1/1",
        "autoencoder 1/2",
        "autoencoder 2/2",
        "classifier 2/2",
        "consistency 1/1",
        "sharpening 1/1",
    ):
        assert line in said


def test_the_model_carries_its_card_with_the_held_out_figures(trained: tuple[Path, Result]) -> None:
    folder, result = trained
    figures = json.loads(result.stdout)
    card = load_checkpoint(folder / "run" / "model.safetensors").card
    assert figures["split"] == "test"
    assert card.metrics["test_auroc"] == pytest.approx(figures["auroc"])
    assert card.metrics["test_cases"] == figures["cases"] > 0
    assert (card.classes, card.target, card.data_name) == (("bright", "dark"), "bright", "pictures")
    assert card.training["epochs_ae"] == 2
    assert card.training["balanced"] is True


def test_the_latents_are_the_models_and_hold_every_split(trained: tuple[Path, Result]) -> None:
    run = trained[0] / "run"
    table = read_latents(run / "model.latents.parquet")
    opened = load_checkpoint(run / "model.safetensors")
    assert table.checkpoint_sha256 == opened.sha256
    assert table.data_fingerprint == opened.card.data_fingerprint
    assert len(table) == 47
    assert set(table.split.tolist()) == {"train", "valid", "test"}


def test_extract_gives_the_latents_that_training_wrote(trained: tuple[Path, Result], tmp_path: Path) -> None:
    folder, _ = trained
    made = xaae("extract", folder / "run/model.safetensors", folder / "pictures", "--out", tmp_path / "t.parquet")
    assert made.exit_code == 0, made.output
    again, written = read_latents(tmp_path / "t.parquet"), read_latents(folder / "run/model.latents.parquet")
    assert again.ids.tolist() == written.ids.tolist()
    assert again.z == pytest.approx(written.z, abs=1e-5)


def test_the_results_feed_direction_and_traverse(trained: tuple[Path, Result], tmp_path: Path) -> None:
    folder, _ = trained
    latents = folder / "run" / "model.latents.parquet"
    direction = json.loads(xaae("direction", latents, "--target", "bright", "--json").stdout)
    assert direction["target"] == "bright"
    made = xaae(
        *("traverse", folder / "run" / "model.safetensors", folder / "pictures" / "dark" / "00.png"),
        *("--latents", latents, "--out", tmp_path / "path", "--steps", 5, "--json"),
    )
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["target"] == "bright"  # the card's


def test_a_finished_model_is_not_overwritten_by_accident(trained: tuple[Path, Result]) -> None:
    folder, _ = trained
    result = xaae("train", folder / "pictures", "--out", folder / "run", *TINY)
    assert_refused(result, "finished model already", "--no-resume")


def test_killed_in_the_added_phases_the_same_command_ends_with_the_same_model(
    trained: tuple[Path, Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = trained
    same = ("train", folder / "pictures", "--out", folder / "unfinished", *TINY, "--target", "bright", "--balanced")

    def stop(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("xaae_core.training.finishing.sharpen_skips", stop)
        assert xaae(*same).exit_code == 1
    assert not (folder / "unfinished" / "model.safetensors").exists()
    resumed = xaae(*same)
    assert resumed.exit_code == 0, resumed.output
    assert "classifier" not in resumed.stderr
    assert "consistency 1/1" in resumed.stderr
    first, second = (read_latents(folder / name / "model.latents.parquet").z for name in ("run", "unfinished"))
    assert (first == second).all()
    assert not (folder / "unfinished" / "training" / "trained.safetensors").exists()


def test_another_request_neither_takes_up_nor_throws_away_what_it_did_not_start(
    trained: tuple[Path, Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = trained
    same = ("train", folder / "pictures", "--out", folder / "other", *TINY)

    def stop(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("xaae_core.training.finishing.sharpen_skips", stop)
        assert xaae(*same).exit_code == 1
    assert_refused(xaae(*same, "--seed", 1), "other settings", "--no-resume")
    assert xaae(*same).exit_code == 0  # still there


def test_killed_while_measuring_the_same_command_does_not_train_again(
    trained: tuple[Path, Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, first = trained
    same = ("train", folder / "pictures", "--out", folder / "unmeasured", *TINY, "--target", "bright", "--balanced")

    def stop(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("analysis.evaluation.quality.measure_quality", stop)
        assert xaae(*same).exit_code == 1
    again = xaae(*same, "--json")
    assert again.exit_code == 0, again.output
    assert "classifier" not in again.stderr
    assert json.loads(again.stdout)["auroc"] == json.loads(first.stdout)["auroc"]


def test_the_same_seed_gives_the_same_model(trained: tuple[Path, Result]) -> None:
    folder, result = trained
    again = xaae("train", folder / "pictures", "--out", folder / "again", *TINY, "--target", "bright", "--balanced")
    assert again.exit_code == 0, again.output
    first, second = (read_latents(folder / name / "model.latents.parquet").z for name in ("run", "again"))
    assert (first == second).all()
    assert f"AUROC {json.loads(result.stdout)['auroc']:.3f}" in again.stdout


def test_no_folder(tmp_path: Path) -> None:
    result = xaae("train", tmp_path / "nowhere", "--out", tmp_path / "run", *TINY)
    assert_refused(result, "nowhere is not there", "one subfolder per class")
    assert not (tmp_path / "run").exists()


def test_one_class(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", classes=("only",))
    assert_refused(
        xaae("train", tmp_path / "pictures", "--out", tmp_path / "run", *TINY), "1 class", "only", "at least 2"
    )


def test_an_unknown_target_names_the_classes(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures")
    result = xaae("train", tmp_path / "pictures", "--out", tmp_path / "run", *TINY, "--target", "purple")
    assert_refused(result, "purple", "bright, dark")


def test_an_image_too_small_for_ms_ssim_is_refused_before_training(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", per_class=24)
    small = ("--size", 64, "--encoder", "small:8-16", "--batch-size", 8)
    result = xaae("train", tmp_path / "pictures", "--out", tmp_path / "run", *small)
    assert_refused(result, "64×64", 'recons_metric="ssim"')
    assert not (tmp_path / "run" / "model.safetensors").exists()


def test_an_encoder_nobody_knows_is_refused(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", per_class=24)
    result = xaae("train", tmp_path / "pictures", "--out", tmp_path / "run", *TINY, "--encoder", "huge")
    assert_refused(result, '"huge" is not known')


@pytest.mark.parametrize("size", ["0", "12x", "ten", "1x2x3"])
def test_a_size_that_is_none_is_refused(tmp_path: Path, size: str) -> None:
    assert_refused(xaae("train", tmp_path, "--out", tmp_path / "run", "--size", size), size, "pixels")


def test_stopped_in_the_middle_the_same_command_ends_with_the_same_model(
    trained: tuple[Path, Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = trained
    same = ("train", folder / "pictures", "--out", folder / "stopped", *TINY, "--target", "bright", "--balanced")

    def stop(progress: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("app.commands.train.epoch_line", stop)
        stopped = xaae(*same)
    assert stopped.exit_code == 1
    assert "the same command goes on" in stopped.stderr
    resumed = xaae(*same)
    assert resumed.exit_code == 0, resumed.output
    assert "adversarial 1/1" not in resumed.stderr
    first, second = (read_latents(folder / name / "model.latents.parquet").z for name in ("run", "stopped"))
    assert (first == second).all()

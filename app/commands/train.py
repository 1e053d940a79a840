"""`xaae train`: a folder of pictures becomes a model with its latents and its held-out figures."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.terminal import counted, describe_data, epoch_line, interval, print_json, remark
from xaae_core.training.presets import PRESETS

if TYPE_CHECKING:
    from app.training_run import FinishedTraining

_PHASES = (("epochs_adv", "adversarial"), ("epochs_ae", "autoencoder"), ("epochs_classif", "classifier"))
_ADDED = (("epochs_consistency", "consistency"), ("epochs_sharpening", "sharpening"))


def _size(ctx: click.Context, param: click.Parameter, value: str) -> tuple[int, int]:
    try:
        sides = tuple(int(side) for side in value.lower().split("x"))
    except ValueError:
        sides = ()
    if len(sides) not in (1, 2) or min(sides) < 1:
        raise click.BadParameter(f'"{value}"; expected a side in pixels such as 192, or HEIGHTxWIDTH such as 192x256')
    return sides[0], sides[-1]


def _epochs(function: Any) -> Any:
    """An option for the epochs of each phase."""
    for name, phase in reversed((*_PHASES, *_ADDED)):
        words = f"Epochs of the {phase} phase at most; 0 skips it; the preset's if left out."
        function = click.option(f"--{name.replace('_', '-')}", type=click.IntRange(0), help=words)(function)
    return function


@click.command("train", epilog="\b\nExample:\n  xaae train my_pictures --out runs/first --target malignant --balanced")
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the results.")
@click.option("--preset", type=click.Choice(list(PRESETS)), default="standard", show_default=True,
    help="; ".join(f"{preset.name}: {preset.purpose}" for preset in PRESETS.values()))  # fmt: skip
@click.option("--encoder", help="small, small:16-32-64 or torchvision:resnet34; the preset's if left out.")
@click.option("--weights", type=click.Path(path_type=Path), help="File of the encoder's pretrained weights.")
@click.option("--size", default="192", callback=_size, show_default=True, help="Side in pixels, or HEIGHTxWIDTH.")
@click.option("--channels", type=click.Choice(["auto", "1", "3"]), default="auto", show_default=True,
    help="1: grey, 3: colour, auto: as the pictures are stored.")  # fmt: skip
@click.option("--dims", type=click.IntRange(1), help="Size of the latent vector z; the preset's if left out.")
@click.option("--batch-size", type=click.IntRange(2), help="Images a batch; the preset's if left out.")
@_epochs
@click.option("--lr-max", type=click.FloatRange(0, min_open=True), help="Peak learning rate; the preset's if left out.")
@click.option("--recons-metric", type=click.Choice(["ms_ssim", "ssim"]),
    help="Similarity in the reconstruction loss; ssim for sides of 160 pixels or less.")  # fmt: skip
@click.option("--target", help="Class that + along the direction means; the second class if left out.")
@click.option("--balanced", is_flag=True, help="Weigh rare classes up in the classifier's loss.")
@click.option("--flip", is_flag=True, help="Mirror every other training picture; not where left and right matter.")
@click.option("--resize", type=click.Choice(["pad", "squash"]), default="pad", show_default=True,
    help="pad: keep the proportions, with black borders; squash: fill the size.")  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything random.")
@click.option("--resume/--no-resume", default=True, show_default=True, help="Go on with an unfinished training of OUT.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(data: Path, out: Path, resume: bool, as_json: bool, **options: Any) -> None:
    """Train a model on a folder of pictures.

    DATA holds one subfolder per class, or a labels.csv. Writes model.safetensors, model.latents.parquet and the files
    of the training itself into OUT. Stopped at any moment, the same command goes on after the last finished epoch.
    """
    from app.training_request import TrainingRequest
    from app.training_run import run_training
    from xaae_core.data.dataset import check_images, read_dataset

    warnings.filterwarnings("ignore", category=FutureWarning, module="torch")  # fastai's use of torch, not the user's
    channels = options["channels"]
    names = (*(name for name, _ in _PHASES), "lr_max")
    request = TrainingRequest(
        preset=options["preset"],
        encoder=options["encoder"],
        weights=options["weights"],
        size=options["size"],
        channels=None if channels == "auto" else int(channels),
        dims=options["dims"],
        batch_size=options["batch_size"],
        recons_metric=options["recons_metric"],
        target=options["target"],
        is_balanced=options["balanced"],
        has_flips=options["flip"],
        resize=options["resize"],
        seed=options["seed"],
        **{name: options[name] for name, _ in _ADDED},
        training={name: options[name] for name in names if options[name] is not None},
    )
    dataset = read_dataset(data)
    with counted("checked") as progress:
        dataset = check_images(dataset, progress)
    describe_data(dataset)
    try:
        finished = run_training(
            dataset, out, request, resume=resume, on_progress=lambda epoch: remark(epoch_line(epoch))
        )
    except KeyboardInterrupt:
        remark("stopped: the same command goes on after the last finished epoch")
        raise click.Abort from None
    if as_json:
        print_json(figures_of(finished))
    else:
        click.echo(sentences_of(finished, data))


def figures_of(finished: FinishedTraining) -> dict[str, object]:
    """What was written and measured, by name."""
    held_out = finished.held_out
    return {
        "checkpoint": str(finished.checkpoint),
        "latents": str(finished.latents),
        "target": held_out.target,
        "split": held_out.split,
        "cases": held_out.n_cases,
        "target_cases": held_out.n_target,
        "auroc": held_out.auroc,
        "auroc_interval": held_out.auroc_interval,
        "accuracy": held_out.accuracy,
    }


def sentences_of(finished: FinishedTraining, data: Path) -> str:
    """The result in words, and what to do with it."""
    held_out = finished.held_out
    lines = (
        f"{held_out.split} split, {held_out.n_cases} cases ({held_out.n_target} {held_out.target}): "
        f"AUROC {interval(held_out.auroc, *held_out.auroc_interval)}, accuracy {held_out.accuracy:.3f}",
        f"wrote {finished.checkpoint} and {finished.latents}",
        f"look at it: xaae app --checkpoint {finished.checkpoint} --data {data}",
    )
    return "\n".join(lines)

"""`xaae train`: a folder or table of pictures becomes a model with its latents and its held-out figures."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.command_settings import SettingsCommand
from app.data_options import columns_from, data_options, signal_options, signals_from
from app.encoder_option import allow_encoders
from app.terminal import counted, describe_data, epoch_line, print_json, quiet_in_other_processes, remark
from xaae_core.models.catalogue import DEFAULT_MODEL, MODELS
from xaae_core.training.presets import PRESETS

if TYPE_CHECKING:
    from app.training.request import TrainingRequest
    from app.training.run import FinishedTraining

_PHASES = (("epochs_adv", "adversarial"), ("epochs_ae", "autoencoder"), ("epochs_classif", "classifier"))
_ADDED = (("epochs_consistency", "consistency"), ("epochs_sharpening", "sharpening"))
_TRAINING = (*(name for name, _ in _PHASES), "epochs", "lr_max", "patience", "early_stopping")
_OPTIONS = {option.name: option for entry in MODELS.values() for option in entry.options}
"""Settings that belong to some of the models, by name."""
_ASKED = (
    *("model", "preset", "task", "encoder", "weights", "freeze_encoder", "size", "dims", "batch_size", "recons_metric"),
    *("target", "resize", "window", "seed", "find_lr", *(name for name, _ in _ADDED)),
)


def _size(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, int] | None:
    if value is None:
        return None
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
        usual = "the preset's, more of few signals," if phase in ("autoencoder", "classifier") else "the preset's"
        words = f"Epochs of the {phase} phase at most; 0 skips it; {usual} if left out."
        function = click.option(f"--{name.replace('_', '-')}", type=click.IntRange(0), help=words)(function)
    return function


def _model_options(function: Any) -> Any:
    """An option for each setting that belongs to some of the models."""
    for name, option in reversed(_OPTIONS.items()):
        owners = ", ".join(entry.name for entry in MODELS.values() if name in entry.option_names)
        choices = sorted(
            {choice for entry in MODELS.values() for o in entry.options if o.name == name for choice in o.choices}
        )
        kind = click.Choice(choices) if choices else (click.INT if isinstance(option.default, int) else click.FLOAT)
        words = f"{option.title}; of the models {owners}; the model's own if left out."
        function = click.option(f"--{name.replace('_', '-')}", type=kind, help=words)(function)
    return function


_NESTED = ("about", "columns", "training", "options", "signals")


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """The options that a settings file of a training means; the file has the form of `TrainingRequest.to_mapping`."""
    flat = {name: value for name, value in values.items() if name not in _NESTED}
    flat |= values.get("training", {}) | values.get("options", {})
    flat |= {f"{role}_column": name for role, name in values.get("columns", {}).items()}
    flat |= {name: value for name, value in values.get("signals", {}).items() if name != "channels"}
    if values.get("signals", {}).get("channels"):
        flat["signal_channels"] = ",".join(values["signals"]["channels"])
    if isinstance(flat.get("size"), list):
        flat["size"] = "x".join(str(side) for side in flat["size"])
    for setting, option in (("is_balanced", "balanced"), ("has_flips", "flip")):
        if setting in flat:
            flat[option] = flat.pop(setting)
    if "channels" in flat:
        flat["channels"] = str(flat["channels"])
    return flat


@click.command(
    "train",
    cls=SettingsCommand,
    flatten=_flat,
    is_writing=False,  # the training itself writes them, before it starts
    epilog="\b\nExample:\n  xaae train my_pictures --out runs/first --target malignant --flip",
)
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the results.")
@click.option("--model", default=DEFAULT_MODEL, show_default=True,
    help="What is trained: " + "; ".join(f"{entry.name}: {entry.title}" for entry in MODELS.values()))  # fmt: skip
@click.option("--preset", type=click.Choice(list(PRESETS)), default="standard", show_default=True,
    help="Of xaaenet: " + "; ".join(f"{preset.name}: {preset.purpose}" for preset in PRESETS.values()))  # fmt: skip
@data_options
@signal_options
@_model_options
@click.option("--encoder", help="Of xaaenet: small, torchvision:resnet50, timm:convnext_tiny, "
    "python:package.module:function; the preset's if left out.")  # fmt: skip
@click.option("--weights", type=click.Path(path_type=Path), help="File of the encoder's pretrained weights.")
@click.option("--freeze-encoder", is_flag=True, help="Leave the encoder as it is; only what is added learns.")
@click.option(
    "--size", callback=_size, help="Side in pixels, or HEIGHTxWIDTH; the preset's or the model's if left out."
)
@click.option("--channels", type=click.Choice(["auto", "1", "3"]), default="auto", show_default=True,
    help="1: grey, 3: colour, auto: as the pictures are stored.")  # fmt: skip
@click.option(
    "--dims", type=click.IntRange(1), help="Size of the latent vector z; the preset's or the model's if left out."
)
@click.option("--batch-size", type=click.IntRange(2), help="Cases a batch, on all devices together; the preset's if "
    "left out.")  # fmt: skip
@_epochs
@click.option(
    "--epochs",
    type=click.IntRange(1),
    help="Epochs at most of any other model than xaaenet; if left out 30, of fewer than 1,200 signals more.",
)
@click.option("--lr-max", type=click.FloatRange(0, min_open=True), help="Peak learning rate; the preset's if left out.")
@click.option("--find-lr", is_flag=True, help="Look for the peak learning rate first (a range test of 60 batches).")
@click.option("--patience", type=click.IntRange(1), help="Epochs without better weights after which a phase ends.")
@click.option("--early-stopping", type=click.Choice(["loss", "target"]),
    help="What the classifier phase's best weights are best at: the loss, or telling the target.")  # fmt: skip
@click.option("--recons-metric", type=click.Choice(["ms_ssim", "ssim"]),
    help="Similarity in the reconstruction loss; ssim for sides of 160 pixels or less.")  # fmt: skip
@click.option("--target", help="Class that + along the direction means; the second class if left out.")
@click.option("--balanced/--not-balanced", default=None,
    help="Weigh rare classes up in the classifier's loss; if left out, where one class is 1.5 times as frequent as "
    "another.")  # fmt: skip
@click.option("--flip", is_flag=True, help="Mirror every other training picture; not where left and right matter.")
@click.option("--resize", type=click.Choice(["pad", "squash"]), default="pad", show_default=True,
    help="pad: keep the proportions, with black borders; squash: fill the size.")  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Of everything random.")
@click.option("--resume/--no-resume", default=True, show_default=True, help="Go on with an unfinished training of OUT.")
@allow_encoders
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(data: Path, out: Path, resume: bool, as_json: bool, **options: Any) -> None:
    """Train a model on labelled pictures or signals: xAAEnet, or any other of the family.

    DATA is a folder with one subfolder per class or with a table labels.csv (.parquet, .xlsx), or the table itself.
    Writes model.safetensors, model.latents.parquet, evaluation.json, settings.toml and the files of the training itself
    into OUT. Stopped at any moment, the same command goes on after the last finished epoch.
    """
    from app.training.run import run_training
    from app.training.signal_epochs import with_enough_epochs
    from xaae_core.data.dataset import check_images

    click.get_current_context().with_resource(quiet_in_other_processes())
    warnings.filterwarnings("ignore", category=FutureWarning, module="torch")  # fastai's use of torch, not the user's
    request = request_of(options)
    dataset = request.read_data(data)
    with counted("checked") as progress:
        dataset = check_images(dataset, progress, window=request.window)
    describe_data(dataset)
    request = with_enough_epochs(request, dataset)
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


def request_of(options: Mapping[str, Any]) -> TrainingRequest:
    """The request that the command's options mean."""
    from app.training.request import TrainingRequest

    channels = options["channels"]
    return TrainingRequest(
        **{name: options[name] for name in _ASKED},
        columns=columns_from(options),
        signals=signals_from(options),
        channels=None if channels == "auto" else int(channels),
        options={name: options[name] for name in _OPTIONS if options[name] is not None},
        is_balanced=options["balanced"],
        has_flips=options["flip"],
        training={name: options[name] for name in _TRAINING if options[name] is not None},
    )


def figures_of(finished: FinishedTraining) -> dict[str, object]:
    """What was written and measured, by name."""
    from analysis.evaluation.linear_probe import PROBE

    quality, verdict = finished.quality, finished.verdict
    return {
        "checkpoint": str(finished.checkpoint),
        "latents": str(finished.latents),
        **quality.to_json(),
        "said_by": PROBE if finished.is_probe else "model",
        "verdict": verdict.sentence,
        "reasons": list(verdict.reasons),
    }


def sentences_of(finished: FinishedTraining, data: Path) -> str:
    """The result in words, and what to do with it."""
    from analysis.evaluation.quality import quality_sentence

    verdict = finished.verdict
    asked = "by a linear probe on z, as the model learned no labels: " if finished.is_probe else ""
    lines = (
        asked + quality_sentence(finished.quality),
        f"{verdict.sentence} {'; '.join(verdict.reasons)}",
        f"wrote {finished.checkpoint} and {finished.latents}",
        f"look at it: xaae app --checkpoint {finished.checkpoint} --data {data}",
    )
    return "\n".join(lines)

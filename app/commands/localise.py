"""`xaae localise`: whether the maps of a model fall on what somebody has outlined."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.attribution_target import HELP, check_target, needs_latents, target_of
from app.command_settings import SettingsCommand
from app.commands.attribute import METHOD_NAMES
from app.data_options import column_options, columns_from
from app.encoder_option import allow_encoders
from app.figure_options import figure_options, style_from
from app.model_latents import latents_of_model
from app.terminal import counted, describe_data, print_json, remark

if TYPE_CHECKING:
    from analysis.attributions import Target
    from analysis.evaluation.localisation_table import LocalisationTable
    from app.localisation_run import LocalisationPlan
    from xaae_core.checkpoints import Checkpoint
    from xaae_core.data.dataset import ImageDataset
    from xaae_core.latents import LatentTable

_ALL = "all"
_MOST_NAMED = 5
_FILE = click.Path(path_type=Path)


def _check_targets(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    checked = (check_target(ctx, param, each) for each in value)
    return tuple(dict.fromkeys(each for each in checked if each is not None))


@click.command(
    "localise",
    cls=SettingsCommand,
    epilog="\b\nExample:\n  xaae localise model.safetensors my_pictures --latents model.latents.parquet "
    "--target class --target direction --limit 100 --out where",
)
@click.argument("checkpoint", type=_FILE)
@click.argument("data", type=_FILE)
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder to write into.")
@click.option("--latents", type=_FILE, help="Table of latents of the same checkpoint; for a direction.")
@click.option("--target", "targets", multiple=True, default=("class",), show_default=True, callback=_check_targets,
    help=f"May be given several times. {HELP}")  # fmt: skip
@click.option("--method", "methods", type=click.Choice([*METHOD_NAMES, _ALL]), multiple=True, default=(_ALL,),
    show_default=True, help="May be given several times; all: each that can work on the model.")  # fmt: skip
@click.option("--split", type=click.Choice(["train", "valid", "test", "all"]), default="test", show_default=True,
    help="The part of DATA whose pictures are explained.")  # fmt: skip
@click.option("--only", default="", metavar="CLASS", help="Pictures of one class only; any class if left out.")
@click.option("--limit", type=click.IntRange(1), help="Pictures at most, drawn without order; all if left out.")
@click.option("--baseline", type=click.Choice(["black", "level", "zero", "blurred", "mean"]),
    help="What a picture is compared with: black (the default), blurred; a signal with level (the default: each "
    "channel's own mean), zero in its unit, blurred; mean: of training pictures or signals of DATA.")  # fmt: skip
@click.option("--sign", type=click.Choice(["size", "positive"]), default="size", show_default=True,
    help="size: strong is far from 0; positive: only what adds to the target.")  # fmt: skip
@click.option("--fixed-share", type=click.FloatRange(0, 1, min_open=True),
    help="Share of the pixels that the fixed threshold marks, and that the centred disc (of signals: the middle of "
    "the time) covers; if left out the median share of the training part's masks.")  # fmt: skip
@click.option("--tolerance", type=click.FloatRange(0), default=0, show_default=True,
    help="Pixels beside the mask that still count as a hit of the pointing game.")  # fmt: skip
@click.option("--steps", type=click.IntRange(1, 2000), default=64, show_default=True,
    help="With integrated_gradients: points on the way from the baseline.")  # fmt: skip
@click.option("--samples", type=click.IntRange(1, 2000), default=25, show_default=True,
    help="With smooth_grad and gradient_shap: noisy copies of the picture.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of everything random.")
@click.option("--resamples", type=click.IntRange(100, 1_000_000), default=10_000, show_default=True,
    help="Of the bootstrap over pictures.")  # fmt: skip
@click.option("--memory", type=click.IntRange(1),
    help="MiB that a pass may take beside the model; if left out a quarter of what is free, at most 1024.")  # fmt: skip
@click.option("--resume/--no-resume", default=True, show_default=True,
    help="Go on with what an equal run has left in OUT.")  # fmt: skip
@column_options
@figure_options
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
@allow_encoders
def command(
    checkpoint: Path,
    data: Path,
    out: Path,
    latents: Path | None,
    targets: tuple[str, ...],
    methods: tuple[str, ...],
    split: str,
    only: str,
    limit: int | None,
    baseline: str | None,
    sign: str,
    fixed_share: float | None,
    tolerance: float,
    steps: int,
    samples: int,
    seed: int,
    resamples: int,
    memory: int | None,
    resume: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Say whether the pixels that a model listens to lie where somebody has outlined something.

    Holds every method's map of each picture or signal of DATA against its mask, beside maps that have not looked at
    it: a centred disc (of signals the middle of the time), the place where training masks usually are, and random
    maps. Writes table.csv (means over pictures with 95 % bootstrap intervals, and the differences to disc and usual
    place), localisation.json, a figure as PNG, SVG and PDF, and pictures.csv, a line for each map. Stopped at any
    moment, the tables are of what is finished, and the same command goes on.
    """
    from analysis.attributions import MethodSettings
    from app.attribution_baselines import suited_baseline
    from app.localisation_data import choose_baselines, choose_rows, read_training_masks
    from app.localisation_results import figures_of, sentences_of, write_localisation
    from app.localisation_run import LocalisationPlan
    from app.opened_model import open_checkpoint
    from xaae_core.data.class_order import in_class_order
    from xaae_core.data.dataset import read_dataset
    from xaae_core.data.medium import require_medium
    from xaae_core.data.recipes import recipe_for
    from xaae_core.data.signals.signal_options import SignalOptions
    from xaae_core.signal_form import signal_form_of

    if latents is None and any(map(needs_latents, targets)):
        raise click.UsageError("--target direction needs --latents: write the table with xaae extract")
    style = style_from(options)
    opened = open_checkpoint(checkpoint)
    baseline = suited_baseline(baseline, signal_form_of(opened.model))
    card, recipe = opened.card, recipe_for(opened.model, opened.card)
    table = None if latents is None else latents_of_model(opened, latents)
    meant, usable = _targets(targets, methods, opened, table)
    asked = columns_from(options)
    dataset = read_dataset(
        data,
        columns=asked if asked.to_mapping() else card.columns,
        task=card.task_wish,
        min_classes=1,
        signals=SignalOptions.of_card(card),
    )
    require_medium(dataset, card)
    dataset = in_class_order(dataset, card.classes) if card.task == "classes" else dataset
    describe_data(dataset)
    rows = choose_rows(dataset, split=split, only=only, limit=limit, seed=seed)
    with counted("training masks read:") as progress:
        training = read_training_masks(dataset, recipe, only=only, progress=progress)
    share = fixed_share if fixed_share is not None else training.share if training is not None else None
    if share is None:
        raise click.UsageError(
            f"{dataset.name} has no training masks to take the usual size from: give --fixed-share, such as 0.2"
        )
    plan = LocalisationPlan(
        model=opened,
        recipe=recipe,
        targets=meant,
        methods=usable,
        settings=MethodSettings(n_steps=steps, n_samples=samples, seed=seed),
        baseline_of=choose_baselines(baseline, dataset, recipe),
        sign=sign,  # type: ignore[arg-type]  # one of the choices
        fixed_share=share,
        tolerance=tolerance,
        place=None if training is None else training.place,
        memory_bytes=None if memory is None else memory * 2**20,
    )
    made, facts = _run(plan, dataset, rows, out, baseline=baseline, is_resumed=resume, resamples=resamples)
    facts |= {"data": dataset.name, "split": split, "only": only, "training_masks": training.n if training else 0}
    facts |= {"without_mask": _without_mask(dataset, split, only), "baseline": baseline}
    files = write_localisation(
        *(out, made, facts),
        checkpoint=opened, data_fingerprint=dataset.fingerprint, settings=plan.settings, style=style,
    )  # fmt: skip
    if as_json:
        print_json({**figures_of(made, facts), "files": files})
    else:
        click.echo("\n".join([*sentences_of(made, facts), *files]))
    if facts["is_stopped"]:
        remark("stopped: the same command goes on with the rest")
        raise click.Abort


def _targets(
    names: tuple[str, ...], methods: tuple[str, ...], opened: Checkpoint, table: LatentTable | None
) -> tuple[dict[str, Target], dict[str, list[str]]]:
    """What each target means, and the methods to run on it; a target that the model does not have is left out."""
    from analysis.attributions import available_methods
    from xaae_core.errors import AttributionError

    meant: dict[str, Target] = {}
    usable: dict[str, list[str]] = {}
    for name in names:
        try:
            target = target_of(name, opened.card, table)
            available = available_methods(opened.model, target)
        except AttributionError as error:
            if len(names) == 1:
                raise
            remark(f"  left out: the target {name}: {error}")
            continue
        if _ALL in methods:
            for method, why in available.refused.items():
                remark(f"  left out: {method} of {name}: {why}")
        else:
            for method in methods:
                available.require(method)
        meant[name] = target
        usable[name] = list(available.usable if _ALL in methods else dict.fromkeys(methods))
    if not meant:
        raise AttributionError(f"the model has none of the targets {', '.join(names)}: choose another --target")
    return meant, usable


def _run(
    plan: LocalisationPlan,
    dataset: ImageDataset,
    rows: list[int],
    out: Path,
    *,
    baseline: str,
    is_resumed: bool,
    resamples: int,
) -> tuple[LocalisationTable, dict[str, Any]]:
    """Measure what is not measured yet; Ctrl-C ends it with what is finished."""
    from analysis.evaluation.localisation_table import tabulate_localisation
    from app.localisation_rows import LocalisationRows
    from app.localisation_run import digest_of, run_localisation, target_digests

    left_out: dict[str, str] = {}
    is_stopped = False
    digest = digest_of(plan, dataset, {"baseline": baseline})
    with LocalisationRows(out, digest, target_digests(plan), is_resumed=is_resumed) as kept:
        if kept.n_found:
            remark(f"  going on: {kept.n_found:,} maps were measured before")
        try:
            with counted("maps:") as progress:
                run_localisation(plan, dataset, rows, kept, left_out=left_out, progress=progress)
        except KeyboardInterrupt:
            is_stopped = True
    for case, reason in list(left_out.items())[:_MOST_NAMED]:
        remark(f"  left out {case}: {reason}")
    if not kept.maps:
        _nothing(dataset, left_out, is_stopped=is_stopped)
    facts = {
        "checkpoint_sha256": plan.model.sha256,
        "model": plan.model.card.name,
        "size": list(plan.model.model.input_size),
        "medium": "signal" if plan.is_along_time else "picture",
        "targets": {name: target.name for name, target in plan.targets.items()},
        "sign": plan.sign,
        "fixed_share": plan.fixed_share,
        "tolerance": plan.tolerance,
        "chosen": len(rows),
        "left_out": left_out,
        "is_stopped": is_stopped,
        "resamples": resamples,
    }
    return tabulate_localisation(kept.maps, n_resamples=resamples, seed=plan.settings.seed), facts


def _nothing(dataset: ImageDataset, left_out: dict[str, str], *, is_stopped: bool) -> None:
    from analysis.nouns import said_of_form
    from xaae_core.errors import MaskError

    if is_stopped:
        raise click.Abort
    reason = next(iter(left_out.values()), "")
    none = said_of_form(dataset.form, f"none of the {len(left_out):,} pictures with a mask could be used")
    raise MaskError(f"{dataset.name}: {none}: {reason}")


def _without_mask(dataset: ImageDataset, split: str, only: str) -> int:
    """Pictures of the asked part that have none."""
    texts = dataset.label_texts()
    return sum(
        mask is None and split in ("all", dataset.split[row]) and only in ("", texts[row])
        for row, mask in enumerate(dataset.masks)
    )

"""`xaae attribute`: which pixels of a picture, or moments of a signal, made the model say what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.attribution_target import HELP, check_target, needs_latents, target_of, usual_target
from app.command_settings import SettingsCommand
from app.encoder_option import allow_encoders
from app.figure_options import figure_options, formats_option, style_from
from app.model_latents import latents_of_model
from app.terminal import print_json, remark

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis.attributions import Baseline, Target
    from app.attribution_run import AttributionRun
    from app.found_maps import FoundMap
    from xaae_core.checkpoints import Checkpoint
    from xaae_core.data.recipes import CaseInput
    from xaae_core.latents import LatentTable
    from xaae_core.models.latent_model import LatentModel

METHOD_NAMES = (
    *("integrated_gradients", "saliency", "occlusion", "guided_backprop", "input_x_gradient", "gradient_shap"),
    *("deep_lift", "smooth_grad", "grad_cam", "feature_ablation", "latent_shift"),
)
_ALL = "all"
_MOST_AVERAGED = 200
_FILE = click.Path(path_type=Path)


@click.command(
    "attribute",
    cls=SettingsCommand,
    epilog="\b\nExamples:\n  xaae attribute model.safetensors case.png --out why --target direction "
    "--latents model.latents.parquet\n"
    "  xaae attribute model.safetensors cases/*.png --out why --method all --evaluate",
)
@click.argument("checkpoint", type=_FILE)
@click.argument("images", metavar="CASES...", type=_FILE, nargs=-1, required=True)
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder to write into.")
@click.option("--method", "methods", type=click.Choice([*METHOD_NAMES, _ALL]), multiple=True,
    default=("integrated_gradients",), show_default=True,
    help="May be given several times: one map each; all: each that can work on the model.")  # fmt: skip
@click.option("--target", callback=check_target, help=HELP)
@click.option("--latents", type=_FILE, help="Table of latents of the same checkpoint; for a direction.")
@click.option("--baseline", type=click.Choice(["black", "level", "zero", "blurred", "mean"]),
    help="What the picture is compared with: black (the default), blurred; a signal with level (the default: each "
    "channel's own mean), zero in its unit, blurred; mean: of training pictures or signals of --latents.")  # fmt: skip
@click.option("--data", type=_FILE, help="Data folder of --latents, if it was moved since; for --baseline mean.")
@click.option("--steps", type=click.IntRange(1, 2000), default=64, show_default=True,
    help="With integrated_gradients: points on the way from the baseline.")  # fmt: skip
@click.option("--samples", type=click.IntRange(1, 2000), default=25, show_default=True,
    help="With smooth_grad and gradient_shap: noisy copies of the picture.")  # fmt: skip
@click.option("--noise", type=click.FloatRange(0, 10),
    help="Of those copies: share of the picture's range; 0.15 with smooth_grad, 0.05 with gradient_shap.")  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Of the noise.")
@click.option("--span", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True,
    help="With latent_shift: how far the target is moved each way, in its own unit (SD for a direction).")  # fmt: skip
@click.option("--window", type=click.IntRange(1),
    help="With occlusion: side of the covered square; with feature_ablation: of a cell; in pixels. Of a signal, "
    "samples of one channel.")  # fmt: skip
@click.option(
    "--stride", type=click.IntRange(1), help="With occlusion: pixels (samples) between squares; half the window."
)
@click.option("--memory", type=click.IntRange(1),
    help="MiB that a pass may take beside the model; if left out a quarter of what is free, at most 1024.")  # fmt: skip
@click.option("--evaluate", is_flag=True,
    help="Measure each map (deletion and insertion against random maps, concentration) and put it to the checks: the "
    "same method on a destroyed model and, with --latents, on shuffled labels. Takes much longer.")  # fmt: skip
@click.option("--mask", "masks", type=_FILE, multiple=True,
    help="With --evaluate: picture of what matters, white (of a signal a NumPy file, not 0); one for each case, in "
    "their order.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the maps' figures as JSON.")
@formats_option
@figure_options
@allow_encoders
def command(
    checkpoint: Path,
    images: tuple[Path, ...],
    out: Path,
    methods: tuple[str, ...],
    target: str | None,
    latents: Path | None,
    baseline: str | None,
    data: Path | None,
    steps: int,
    samples: int,
    noise: float | None,
    seed: int,
    span: float,
    window: int | None,
    stride: int | None,
    memory: int | None,
    evaluate: bool,
    masks: tuple[Path, ...],
    as_json: bool,
    formats: tuple[str, ...],
    **options: Any,
) -> None:
    """Say which pixels, or which moments of a signal, the model listens to.

    Each case is a file; file.npz#12 is case 12 of a file of many, counted from 0. Writes for each method METHOD.png
    (the case, the map laid on it, the map) and METHOD.npy (the numbers; of latent_shift both halves, too), all methods
    as attributions.png, .svg and .pdf, summary.csv and attribution.json; with --evaluate also evaluation.csv and a
    table of the checks, sanity.png, .svg and .pdf (of the three formats those that --format asks for); of signals also
    attributions.npz. Of several cases each has a folder of its own, which summary.csv names, written as soon as it is
    finished, and the mean maps with their spread lie beside them. Figures and folders call a case by a token, never by
    its file's name. A map shows what moves the model's number, not why a case is as it is.
    """
    from analysis.attributions import MethodSettings
    from app.attribution_baselines import suited_baseline
    from app.attribution_files import figures_of, sentence_of, write_attributions, write_summary
    from app.attribution_provenance import AttributionMaking, case_id_of, view_of_maps
    from app.attribution_run import AttributionRun
    from app.opened_model import open_checkpoint
    from xaae_core.case_tokens import case_token
    from xaae_core.signal_form import signal_form_of

    if latents is None and ((target is not None and needs_latents(target)) or baseline == "mean"):
        raise click.UsageError(
            f"{'--baseline mean' if baseline == 'mean' else '--target direction'} needs --latents: "
            "write the table with xaae extract"
        )
    if masks and (not evaluate or len(masks) != len(images)):
        raise click.UsageError(
            f"{len(masks)} --mask for {len(images)} pictures{'' if evaluate else ', without --evaluate'}: give one for "
            "each, in the order of the pictures, with --evaluate"
        )
    opened = open_checkpoint(checkpoint)
    table = None if latents is None else latents_of_model(opened, latents)
    _check_windows(window, stride, opened.model)
    target = target or usual_target(opened.card, has_latents=table is not None)
    settings = MethodSettings(
        n_steps=steps, n_samples=samples, noise=noise, seed=seed, span=span, window=window, stride=stride
    )
    asked, form = target_of(target, opened.card, table), signal_form_of(opened.model)
    run = AttributionRun(
        opened, asked, tuple(_usable(methods, opened, asked)), settings,
        table=table, memory_bytes=None if memory is None else memory * 2**20, is_evaluated=evaluate,
    )  # fmt: skip
    style = style_from(options)
    names = case_names(images)
    pictures = [run.read(image) for image in images]  # one that cannot be read is told before anything is computed
    outlines = [run.read_mask(*pair) for pair in zip(masks, pictures, strict=True)] if masks else [None] * len(images)
    nothing = _baselines(baseline, run, table, latents, data)
    ids = [case_id_of(image, picture.name, table) for image, picture in zip(images, pictures, strict=True)]
    folders = folder_names(ids)
    chosen = suited_baseline(baseline, form)
    view = view_of_maps(opened, explained=target, methods=run.methods, baseline=chosen, is_checked=evaluate,
        settings=settings)  # fmt: skip
    making = AttributionMaking(
        *(opened, asked, str(chosen), seed, view), data_fingerprint="" if table is None else table.data_fingerprint
    )
    judged: dict[str, list[FoundMap]] = {}
    files, reports = [], []
    for name, folder, case, picture, mask in zip(names, folders, ids, pictures, outlines, strict=True):
        found = run.explain(picture, nothing(picture), mask, words="" if len(images) == 1 else f"{name}: ")
        where = out if len(images) == 1 else out / folder
        files += write_attributions(
            *(where, picture, found, making.on(case_token(case))), case_id=case, style=style, formats=formats, mask=mask
        )
        reports.append(figures_of(picture, found, opened))
        judged[name] = found
        if not as_json:
            click.echo("\n".join(("" if len(images) == 1 else f"{name}: ") + sentence_of(one, form) for one in found))
    if len(images) > 1:
        many = view_of_maps(opened, explained=target, methods=run.methods[:1], baseline=chosen, is_checked=False,
            settings=settings, is_many=True)  # fmt: skip
        files += write_summary(
            *(out, judged, run.means(), run.mean_picture(), replace(making, view=many)),
            folders=folders, case_ids=ids, style=style, formats=formats,
        )  # fmt: skip
    if as_json:
        print_json({**reports[0], "files": files} if len(images) == 1 else {"pictures": reports, "files": files})
    else:
        click.echo("\n".join(files))


def case_names(images: tuple[Path, ...]) -> list[str]:
    """A name for each picture, in words and tables: the file's without its ending, numbered where two share one."""
    return _apart([image.name.partition(".")[0] or image.name for image in images])


def folder_names(ids: list[str]) -> list[str]:
    """A name for each picture's folder: by the case's token, for file names may be names of patients."""
    from xaae_core.case_tokens import short_token

    return _apart([f"case-{short_token(case)}" for case in ids])


def _apart(names: list[str]) -> list[str]:
    """Names, numbered where two are the same."""
    from collections import Counter

    counts = Counter(names)
    return [name if counts[name] == 1 else f"{name}-{place}" for place, name in enumerate(names, 1)]


def _usable(methods: tuple[str, ...], opened: Checkpoint, target: Target) -> list[str]:
    """The methods to run, each once; refuses one by name that cannot work, before any has run."""
    from analysis.attributions import available_methods

    available = available_methods(opened.model, target)
    if _ALL in methods:
        for name, why in available.refused.items():
            remark(f"  left out: {name}: {why}")
        return list(available.usable)
    for method in methods:
        available.require(method)
    return list(dict.fromkeys(methods))


def _baselines(
    name: str | None, run: AttributionRun, table: LatentTable | None, latents: Path | None, data: Path | None
) -> Callable[[CaseInput], Baseline]:
    """How the picture that stands for nothing is made of a picture."""
    import numpy as np

    from analysis.attributions import mean_baseline
    from app.attribution_baselines import make_baseline, suited_baseline
    from app.case_files import CaseFiles
    from xaae_core.signal_form import signal_form_of

    form = signal_form_of(run.opened.model)
    chosen = suited_baseline(name, form)
    if chosen != "mean":
        return lambda picture: make_baseline(chosen, picture.pixels, form)
    assert table is not None and latents is not None  # the command has asked for both  # noqa: PT018
    files = CaseFiles(table, latents=latents, data=data)
    found = [path for path in map(files.find, np.flatnonzero(table.split == "train").tolist()) if path is not None]
    wanted = np.linspace(0, len(found) - 1, min(len(found), _MOST_AVERAGED)).astype(int)
    mean = mean_baseline((run.read(found[place]).pixels for place in wanted), form=form)
    return lambda _: mean


def _check_windows(window: int | None, stride: int | None, model: LatentModel) -> None:
    """Refuse squares, or stretches of time, that do not fit, as an option and not as a bug."""
    from analysis.nouns import said_of
    from xaae_core.signal_form import signal_form_of

    form, size = signal_form_of(model), model.input_size
    side = min(size) if form is None else form.length
    if window is not None and window > side:
        whole = f"{size[0]}×{size[1]} px" if form is None else f"{side} samples"
        raise click.BadParameter(said_of(model, f"--window {window} is larger than the model's pictures, {whole}"))
    largest = window if window is not None else max(2, round(side / 12))
    if stride is not None and stride > largest:
        words = f"--stride {stride} leaves gaps between squares of {largest} px: at most {largest}"
        raise click.BadParameter(said_of(model, words))

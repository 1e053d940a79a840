"""`xaae attribute`: which pixels of a picture made the model say what it says."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.attribution_target import HELP, check_target, needs_latents, target_of
from app.command_settings import SettingsCommand
from app.encoder_option import allow_encoders
from app.model_latents import latents_of_model
from app.terminal import counted, finite, print_json, remark

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analysis.attributions import Attribution, Baseline, Target
    from xaae_core.checkpoints import Checkpoint
    from xaae_core.data.images import ImageData
    from xaae_core.latents import LatentTable

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
    epilog="\b\nExample:\n  xaae attribute model.safetensors case.png --out why --target direction "
    "--latents model.latents.parquet",
)
@click.argument("checkpoint", type=_FILE)
@click.argument("image", type=_FILE)
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder to write into.")
@click.option("--method", "methods", type=click.Choice([*METHOD_NAMES, _ALL]), multiple=True,
    default=("integrated_gradients",), show_default=True,
    help="May be given several times: one map each; all: each that can work on the model.")  # fmt: skip
@click.option("--target", default="class", show_default=True, callback=check_target, help=HELP)
@click.option("--latents", type=_FILE, help="Table of latents of the same checkpoint; for a direction.")
@click.option("--baseline", type=click.Choice(["black", "blurred", "mean"]), default="black", show_default=True,
    help="What the picture is compared with; mean: of training pictures of --latents.")  # fmt: skip
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
    help="With occlusion: side of the covered square; with feature_ablation: of a cell; in pixels.")  # fmt: skip
@click.option("--stride", type=click.IntRange(1), help="With occlusion: pixels between squares; half the window.")
@click.option("--memory", type=click.IntRange(1),
    help="MiB that a pass may take beside the model; if left out a quarter of what is free, at most 1024.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the maps' figures as JSON.")
@allow_encoders
def command(
    checkpoint: Path,
    image: Path,
    out: Path,
    methods: tuple[str, ...],
    target: str,
    latents: Path | None,
    baseline: str,
    data: Path | None,
    steps: int,
    samples: int,
    noise: float | None,
    seed: int,
    span: float,
    window: int | None,
    stride: int | None,
    memory: int | None,
    as_json: bool,
) -> None:
    """Say which pixels the model listens to.

    Writes for each method METHOD.png (the picture, the map laid on it, the map) and METHOD.npy (the numbers; of
    latent_shift both halves, too), and summary.csv and attribution.json. A map shows what moves the model's number,
    not what causes the disease.
    """
    from analysis.attributions import MethodSettings, attribute
    from xaae_core.checkpoints import load_checkpoint
    from xaae_core.data.recipes import recipe_for

    if latents is None and (needs_latents(target) or baseline == "mean"):
        raise click.UsageError(
            f"{'--baseline mean' if baseline == 'mean' else '--target direction'} needs --latents: "
            "write the table with xaae extract"
        )
    opened = load_checkpoint(checkpoint)
    table = None if latents is None else latents_of_model(opened, latents)
    picture = recipe_for(opened.model, opened.card).read(image)
    for note in picture.notes:
        remark(f"  note: {note}")
    asked = target_of(target, opened.card, table)
    nothing = _baseline(baseline, picture, opened, table, latents, data)
    _check_squares(window, stride, opened.model.input_size)
    settings = MethodSettings(
        n_steps=steps, n_samples=samples, noise=noise, seed=seed, span=span, window=window, stride=stride
    )
    found = []
    for method in _usable(methods, opened, asked):
        with counted(f"{method}:") as progress:
            made = attribute(
                *(opened.model, picture.pixels, asked),
                method=method,
                baseline=nothing,
                settings=settings,
                memory_bytes=None if memory is None else memory * 2**20,
                progress=progress,
            )
        found.append(made)
    files = write_attributions(out, picture, found, opened)
    if as_json:
        print_json({**figures_of(picture, found, opened), "files": files})
    else:
        click.echo("\n".join([*(sentence_of(made) for made in found), *files]))


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


def row_of(found: Attribution) -> dict[str, Any]:
    """One map's figures by name."""
    row, column = found.peak
    return {
        "method": found.method,
        "target": found.target,
        "score": found.score,
        "baseline": found.baseline,
        "baseline_score": found.baseline_score,
        "sum": found.total,
        "convergence_delta": found.convergence_delta,
        "peak_row": row,
        "peak_column": column,
        "area_of_half": found.area_of_half(),
    }


def figures_of(picture: ImageData, found: list[Attribution], opened: Checkpoint) -> dict[str, Any]:
    """Everything but the maps themselves, by name."""
    return {
        "image": picture.name,
        "checkpoint_sha256": opened.sha256,
        "model": opened.card.name,
        "size": list(picture.pixels.shape[-2:]),
        "maps": [{**row_of(made), "meaning": made.meaning, "settings": dict(made.settings)} for made in found],
    }


def write_attributions(folder: Path, picture: ImageData, found: list[Attribution], opened: Checkpoint) -> list[str]:
    """Write a figure and the numbers of each map, and the summaries; returns the files' paths."""
    import json

    from analysis.figures.attribution_map import AttributionFigure, draw_attributions
    from xaae_core.atomic_files import atomic_path

    contents: dict[str, bytes] = {}
    for made in found:
        for name, part in made.parts.items():
            contents[f"{made.method}-{name}.npy"] = _as_npy(part)
        contents[f"{made.method}.png"] = draw_attributions(AttributionFigure(picture.pixels, [made], picture.name))
        contents[f"{made.method}.npy"] = _as_npy(made.map)
    text = io.StringIO()
    summary = csv.DictWriter(text, row_of(found[0]), lineterminator="\n")
    summary.writeheader()
    summary.writerows(row_of(made) for made in found)
    contents["summary.csv"] = text.getvalue().encode()
    figures = finite(figures_of(picture, found, opened))
    contents["attribution.json"] = json.dumps(figures, ensure_ascii=False, indent=2).encode()
    for name, content in contents.items():
        with atomic_path(folder / name) as temporary:
            temporary.write_bytes(content)
    return [str(folder / name) for name in contents]


def _as_npy(numbers: NDArray[Any]) -> bytes:
    import numpy as np

    file = io.BytesIO()
    np.save(file, numbers, allow_pickle=False)
    return file.getvalue()


def sentence_of(found: Attribution) -> str:
    """One map in words."""
    row, column = found.peak
    text = f"{found.method}: {found.target} {found.score:.3g}"
    if found.baseline_score is not None:
        text += f" ({found.baseline}: {found.baseline_score:.3g})"
    text += f"; strongest at row {row}, column {column}; half of it lies in {found.area_of_half():.1%} of the picture"
    if found.convergence_delta is not None:
        text += f"; its sum misses the difference by {abs(found.convergence_delta):.2g}"
    return text


def _baseline(
    name: str,
    picture: ImageData,
    opened: Checkpoint,
    table: LatentTable | None,
    latents: Path | None,
    data: Path | None,
) -> Baseline:
    """The picture that stands for nothing."""
    import numpy as np

    from analysis.attributions import black_baseline, blurred_baseline, mean_baseline
    from app.case_files import CaseFiles
    from xaae_core.data.recipes import recipe_for

    if name == "black":
        return black_baseline(picture.pixels.shape)
    if name == "blurred":
        return blurred_baseline(picture.pixels)
    assert table is not None and latents is not None  # the command has asked for both  # noqa: PT018
    files, recipe = CaseFiles(table, latents=latents, data=data), recipe_for(opened.model, opened.card)
    found = [path for path in map(files.find, np.flatnonzero(table.split == "train").tolist()) if path is not None]
    wanted = np.linspace(0, len(found) - 1, min(len(found), _MOST_AVERAGED)).astype(int)
    return mean_baseline(recipe.read(found[place]).pixels for place in wanted)


def _check_squares(window: int | None, stride: int | None, size: tuple[int, int]) -> None:
    """Refuse squares that do not fit, as an option and not as a bug."""
    if window is not None and window > min(size):
        raise click.BadParameter(f"--window {window} is larger than the model's pictures, {size[0]}×{size[1]} px")
    largest = window if window is not None else max(2, round(min(size) / 12))
    if stride is not None and stride > largest:
        raise click.BadParameter(f"--stride {stride} leaves gaps between squares of {largest} px: at most {largest}")

"""The files that `xaae attribute` writes: figures, numbers and what was found about each map."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.attribution_tables import evaluation_csv
from app.terminal import finite
from xaae_core.signal_form import signal_form_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from analysis.attributions import Attribution
    from analysis.attributions.cohort_map import CohortMap
    from app.found_maps import FoundMap
    from xaae_core.checkpoints import Checkpoint
    from xaae_core.data.recipes import CaseInput
    from xaae_core.signal_form import SignalForm


def row_of(found: Attribution, form: SignalForm | None = None) -> dict[str, Any]:
    """One map's figures by name; of a signal's map the peak is a channel and a time, too."""
    row, column = found.peak
    place: dict[str, Any] = {"peak_row": row, "peak_column": column}
    if form is not None:
        place = {
            "peak_channel": form.channel_names[row],
            "peak_sample": column,
            "peak_seconds": column / form.sampling_rate,
        }
    return {
        "method": found.method,
        "target": found.target,
        "score": found.score,
        "baseline": found.baseline,
        "baseline_score": found.baseline_score,
        "sum": found.total,
        "convergence_delta": found.convergence_delta,
        **place,
        "area_of_half": found.area_of_half(),
    }


def figures_of(picture: CaseInput, judged: Sequence[FoundMap], opened: Checkpoint) -> dict[str, Any]:
    """Everything but the maps themselves, by name."""
    form = signal_form_of(opened.model)
    return {
        "image": picture.name,
        "checkpoint_sha256": opened.sha256,
        "model": opened.card.name,
        "size": list(picture.pixels.shape[-2:]),
        "maps": [_described(one.attribution, one, form) for one in judged if one.attribution is not None],
    }


def _described(made: Attribution, one: FoundMap, form: SignalForm | None) -> dict[str, Any]:
    """All that is known of a map but the map."""
    known = {**row_of(made, form), "meaning": made.meaning, "settings": dict(made.settings)}
    if made.measures:
        known["measures"] = {
            found.name: {"value": found.value, "interval": list(found.interval)} for found in made.measures
        }
    if one.strip is not None:
        known["checks"] = {check.name: check.passed for check in one.strip.checks}
        known["verdict"] = one.strip.verdict
    return known


def write_attributions(
    folder: Path,
    picture: CaseInput,
    judged: Sequence[FoundMap],
    opened: Checkpoint,
    mask: NDArray[np.bool_] | None = None,
) -> list[str]:
    """Write a figure and the numbers of each map, and the summaries; returns the files' paths."""
    from analysis.figures.attribution_map import AttributionFigure, draw_attributions

    found = [one.attribution for one in judged if one.attribution is not None]
    form = signal_form_of(opened.model)
    contents: dict[str, bytes] = {}
    for one in judged:
        made = one.attribution
        if made is None:
            continue
        verdicts = () if one.strip is None else (one.verdict_words,)
        for name, part in made.parts.items():
            contents[f"{made.method}-{name}.npy"] = _as_npy(part)
        contents[f"{made.method}.png"] = draw_attributions(
            AttributionFigure(picture.pixels, [made], picture.name, mask, verdicts, form)
        )
        contents[f"{made.method}.npy"] = _as_npy(made.map)
    if form is not None:
        contents |= _signal_figures(picture, judged, found, form, mask)
    contents["summary.csv"] = _table([row_of(made, form) for made in found])
    if any(made.measures for made in found):
        contents["evaluation.csv"] = evaluation_csv(picture.name, judged).encode()
    figures = finite(figures_of(picture, judged, opened))
    contents["attribution.json"] = json.dumps(figures, ensure_ascii=False, indent=2).encode()
    return _write(folder, contents)


def _signal_figures(
    picture: CaseInput,
    judged: Sequence[FoundMap],
    found: Sequence[Attribution],
    form: SignalForm,
    mask: NDArray[np.bool_] | None,
) -> dict[str, bytes]:
    """All maps of a signal in one figure, as lines that stay lines, and as numbers in one file."""
    import numpy as np

    from analysis.figures.attribution_map import AttributionFigure, draw_attributions

    is_checked = all(one.strip is not None for one in judged)
    verdicts = [one.verdict_words for one in judged] if is_checked else ()
    figure = AttributionFigure(picture.pixels, found, picture.name, mask, verdicts, form)
    arrays: dict[str, Any] = {"signal": form.in_units(picture.pixels[0]), "seconds": form.times()}
    names: dict[str, Any] = {"channel_names": np.array(form.channel_names), "units": np.array(form.units)}
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays, **names, **{made.method: made.map for made in found})
    return {
        "attributions.svg": draw_attributions(figure, "svg"),
        "attributions.pdf": draw_attributions(figure, "pdf"),
        "attributions.npz": file.getvalue(),
    }


def write_summary(
    folder: Path,
    judged: Mapping[str, Sequence[FoundMap]],
    means: Mapping[str, CohortMap],
    picture: NDArray[Any],
    *,
    form: SignalForm | None = None,
) -> list[str]:
    """Write what several pictures come to: one table of all, and of each method the mean map with its spread.

    Args:
        folder: to write into.
        judged: maps of each picture by its name.
        means: of all pictures by method.
        picture: their mean [C, H, W].
        form: what the signals look like; None of pictures.
    """
    from analysis.figures.cohort_figure import CohortFigure, draw_cohort

    rows = [
        {"picture" if form is None else "signal": name, **row_of(one.attribution, form)}
        for name, found in judged.items()
        for one in found
        if one.attribution is not None
    ]
    contents = {"summary.csv": _table(rows)}
    evaluated = [evaluation_csv(name, found) for name, found in judged.items()]
    if any(one.attribution is not None and one.attribution.measures for found in judged.values() for one in found):
        head = evaluated[0].partition("\n")[0]
        contents["evaluation.csv"] = "".join([f"{head}\n", *(part.partition("\n")[2] for part in evaluated)]).encode()
    for method, mean in means.items():
        contents[f"mean-{method}.npy"] = _as_npy(mean.mean)
        contents[f"spread-{method}.npy"] = _as_npy(mean.spread)
    title = f"mean of {len(judged)} {'pictures' if form is None else 'signals'}"
    figure = CohortFigure(picture, means, title, form)
    contents["mean.png"] = draw_cohort(figure)
    if form is not None:
        contents |= {"mean.svg": draw_cohort(figure, "svg"), "mean.pdf": draw_cohort(figure, "pdf")}
    return _write(folder, contents)


def _table(rows: Sequence[Mapping[str, Any]]) -> bytes:
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue().encode()


def _write(folder: Path, contents: Mapping[str, bytes]) -> list[str]:
    from xaae_core.atomic_files import atomic_path

    for name, content in contents.items():
        with atomic_path(folder / name) as temporary:
            temporary.write_bytes(content)
    return [str(folder / name) for name in contents]


def _as_npy(numbers: NDArray[Any]) -> bytes:
    import numpy as np

    file = io.BytesIO()
    np.save(file, numbers, allow_pickle=False)
    return file.getvalue()


def sentence_of(judged: FoundMap, form: SignalForm | None = None) -> str:
    """One map in words, with its verdict where it was checked."""
    found = judged.attribution
    assert found is not None  # what failed has ended the command
    row, column = found.peak
    text = f"{found.method}: {found.target} {found.score:.3g}"
    if found.baseline_score is not None:
        text += f" ({found.baseline}: {found.baseline_score:.3g})"
    if form is None:
        text += f"; strongest at row {row}, column {column}"
    else:
        text += f"; strongest in {form.channel_names[row]} at {column / form.sampling_rate:.4g} s"
    text += f"; half of it lies in {found.area_of_half():.1%} of the {'picture' if form is None else 'signal'}"
    if found.convergence_delta is not None:
        text += f"; its sum misses the difference by {abs(found.convergence_delta):.2g}"
    return f"{text}; {judged.verdict_words}" if judged.strip is not None else text

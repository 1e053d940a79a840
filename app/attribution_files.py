"""The files that `xaae attribute` writes: figures, numbers and what was found about each map."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.figures.attribution_words import method_words
from app.attribution_figures import attribution_figure, cohort_figure, sanity_figure
from app.attribution_tables import evaluation_csv
from app.terminal import finite
from xaae_core.signal_form import signal_form_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from analysis.attributions import Attribution
    from analysis.attributions.cohort_map import CohortMap
    from analysis.figures.style import FigureStyle
    from app.attribution_provenance import AttributionMaking
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
    making: AttributionMaking,
    *,
    case_id: str,
    style: FigureStyle,
    formats: Sequence[str],
    mask: NDArray[np.bool_] | None = None,
) -> list[str]:
    """Write figures and the numbers of each map, and the summaries; returns the files' paths.

    Args:
        folder: to write into.
        picture: the case.
        judged: its maps.
        making: how they were made.
        case_id: the case's id; figures call it by its token.
        style: of the figures.
        formats: of the figures of all maps, of "png", "svg" and "pdf".
        mask: what matters in it.
    """
    opened = making.checkpoint
    found = [one.attribution for one in judged if one.attribution is not None]
    form = signal_form_of(opened.model)
    contents: dict[str, bytes] = {}
    for made in found:
        for name, part in made.parts.items():
            contents[f"{made.method}-{name}.npy"] = _as_npy(part)
        contents[f"{made.method}.npy"] = _as_npy(made.map)
    contents |= _figures(picture, judged, making, case_id, style, formats, mask)
    if form is not None:
        contents["attributions.npz"] = _signal_arrays(picture, found, form)
    contents["summary.csv"] = _table([row_of(made, form) for made in found])
    if any(made.measures for made in found):
        contents["evaluation.csv"] = evaluation_csv(picture.name, judged).encode()
    figures = finite(figures_of(picture, judged, opened))
    contents["attribution.json"] = json.dumps(figures, ensure_ascii=False, indent=2).encode()
    return _write(folder, contents)


def _figures(
    picture: CaseInput,
    judged: Sequence[FoundMap],
    making: AttributionMaking,
    case_id: str,
    style: FigureStyle,
    formats: Sequence[str],
    mask: NDArray[np.bool_] | None,
) -> dict[str, bytes]:
    """Each map as a PNG; all of them, and their checks, in the formats asked for."""
    from analysis.figures.export import export_figure
    from analysis.figures.formats import FORMATS

    contents: dict[str, bytes] = {}
    for one in judged:
        if one.attribution is not None:
            figure = attribution_figure(picture.pixels, [one], making, case_id=case_id, mask=mask)
            contents[f"{one.attribution.method}.png"] = export_figure(figure, "png", style)
    if len(contents) == 1 and "png" in formats:
        contents["attributions.png"] = next(iter(contents.values()))  # of a single map the very same figure
    whole = {"attributions": attribution_figure(picture.pixels, judged, making, case_id=case_id, mask=mask)}
    if any(one.strip is not None for one in judged):
        whole["sanity"] = sanity_figure(judged, making, case_id=case_id)
    for name, figure in whole.items():
        missing = [form for form in FORMATS if form in formats and f"{name}.{form}" not in contents]
        contents |= {f"{name}.{form}": export_figure(figure, form, style) for form in missing}
    return contents


def _signal_arrays(picture: CaseInput, found: Sequence[Attribution], form: SignalForm) -> bytes:
    """All maps of a signal as numbers in one file."""
    import numpy as np

    arrays: dict[str, Any] = {"signal": form.in_units(picture.pixels[0]), "seconds": form.times()}
    names: dict[str, Any] = {"channel_names": np.array(form.channel_names), "units": np.array(form.units)}
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays, **names, **{made.method: made.map for made in found})
    return file.getvalue()


def write_summary(
    folder: Path,
    judged: Mapping[str, Sequence[FoundMap]],
    means: Mapping[str, CohortMap],
    picture: NDArray[Any],
    making: AttributionMaking,
    *,
    folders: Sequence[str],
    case_ids: Sequence[str],
    style: FigureStyle,
    formats: Sequence[str],
) -> list[str]:
    """Write what several pictures come to: one table of all, and of each method the mean map with its spread.

    Args:
        folder: to write into.
        judged: maps of each picture by its name.
        means: of all pictures by method.
        picture: their mean [C, H, W].
        making: how the maps were made.
        folders: of each picture's own files, in the order of `judged`.
        case_ids: their ids.
        style: of the figures.
        formats: of the figure of the mean maps, of "png", "svg" and "pdf".
    """
    from analysis.figures.export import export_figure
    from analysis.figures.formats import FORMATS

    form = signal_form_of(making.checkpoint.model)
    rows = [
        {"picture" if form is None else "signal": name, "folder": where, **row_of(one.attribution, form)}
        for (name, found), where in zip(judged.items(), folders, strict=True)
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
    named = {method_words(method): mean for method, mean in means.items()}
    settings = {method: dict(one.attribution.settings) for found in judged.values() for one in found
                if one.attribution is not None for method in (one.attribution.method,)}  # fmt: skip
    figure = cohort_figure(picture, named, making, case_ids=case_ids, settings=settings)
    contents |= {f"mean.{ending}": export_figure(figure, ending, style) for ending in FORMATS if ending in formats}
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

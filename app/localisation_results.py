"""What a localisation leaves: a table, everything as JSON, a figure, and a few lines in words."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.nouns import signal_words
from app.localisation_rows import NAME
from app.terminal import finite
from xaae_core.atomic_files import atomic_path

if TYPE_CHECKING:
    from analysis.attributions import MethodSettings
    from analysis.evaluation.localisation_table import LocalisationTable
    from analysis.figures.figure import Figure
    from analysis.figures.style import FigureStyle
    from xaae_core.checkpoints import Checkpoint

_SHORT = {"iou_best": "IoU best", "iou_fixed": "IoU fixed", "pointing": "pointing", "energy_inside": "energy inside"}


def write_localisation(
    folder: Path,
    table: LocalisationTable,
    facts: Mapping[str, Any],
    *,
    checkpoint: Checkpoint,
    data_fingerprint: str,
    settings: MethodSettings,
    style: FigureStyle,
) -> list[str]:
    """Write table.csv, localisation.json and the figure in three formats; returns all files' paths.

    Args:
        folder: of the results.
        table: what was measured.
        facts: about the run, JSON values by name.
        checkpoint: the model.
        data_fingerprint: of the cases.
        settings: of the methods.
        style: of the figure.
    """
    from analysis.figures.export import export_figure
    from analysis.figures.formats import FORMATS

    text = io.StringIO()
    rows = [line.cells() for line in table.lines]
    written = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    written.writeheader()
    written.writerows(rows)
    everything = json.dumps(finite(figures_of(table, facts)), ensure_ascii=False, indent=2)
    contents = {"table.csv": text.getvalue().encode(), "localisation.json": everything.encode()}
    figure = localisation_figure(
        table, facts, checkpoint=checkpoint, data_fingerprint=data_fingerprint, settings=settings
    )
    for form in FORMATS:
        contents[f"localisation.{form}"] = export_figure(figure, form, style)
    for name, content in contents.items():
        with atomic_path(folder / name) as temporary:
            temporary.write_bytes(content)
    return [str(folder / name) for name in (*contents, NAME)]


def localisation_figure(
    table: LocalisationTable,
    facts: Mapping[str, Any],
    *,
    checkpoint: Checkpoint,
    data_fingerprint: str,
    settings: MethodSettings,
) -> Figure:
    """The chart of a table with its provenance; its view is the page of one of these maps."""
    from analysis.evaluation.localisation_table import REFERENCES
    from analysis.figures.figure import Figure
    from analysis.figures.localisation_chart import LocalisationChart
    from analysis.provenance.making import provenance_of
    from app.attribution_provenance import view_of_maps

    methods = list(dict.fromkeys(line.method for line in table.lines if line.method not in REFERENCES))
    view = view_of_maps(
        checkpoint, explained=next(iter(facts["targets"])), methods=methods, baseline=str(facts["baseline"]),
        is_checked=True, settings=settings,
    )  # fmt: skip
    kept = ("split", "only", "baseline", "sign", "fixed_share", "tolerance", "resamples", "targets", "is_stopped")
    told = {name: facts[name] for name in kept}
    drawing = LocalisationChart.of(table, title=title_of(table, facts), noun=str(facts["medium"]))
    provenance = provenance_of(
        drawing.kind, checkpoint, view=view.to_json(), data_fingerprint=data_fingerprint, seed=settings.seed,
        settings={"methods": methods, "cases": table.n_pictures, "evaluated": True, **told},
    )  # fmt: skip
    return Figure(drawing, provenance, drawing.title)


def figures_of(table: LocalisationTable, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Everything by name, for JSON."""
    return {
        **facts,
        "pictures": table.n_pictures,
        "mask_share": asdict(table.mask_share),
        "lines": [line.cells() for line in table.lines],
        "flat_maps": [{"method": key[0], "target": key[1], "maps": n} for key, n in table.n_flat.items()],
        "comparisons": [asdict(each) for each in table.comparisons],
    }


def title_of(table: LocalisationTable, facts: Mapping[str, Any]) -> str:
    """Data, part and count on one line."""
    part = "" if facts["split"] == "all" else f", {facts['split']} part"
    of_class = f", {facts['only']} only" if facts["only"] else ""
    return f"{facts['data']}{part}{of_class}: {table.n_pictures:,} {_said(facts, 'pictures')} with masks"


def sentences_of(table: LocalisationTable, facts: Mapping[str, Any]) -> list[str]:
    """The table to read: a line for each method and target, and what must be known beside it."""
    return [
        f"{title_of(table, facts)}; the masks cover {table.mask_share.mean:.1%} on average; "
        + _said(facts, f"fixed threshold and disc: {facts['fixed_share']:.1%} of the picture"),
        *_grid(table),
        *(_said(facts, remark) for remark in _remarks(table, facts)),
    ]


def _said(facts: Mapping[str, Any], text: str) -> str:
    return signal_words(text) if facts["medium"] == "signal" else text


def _grid(table: LocalisationTable) -> Iterator[str]:
    keys = list(dict.fromkeys((line.target, line.method) for line in table.lines))
    names = {(target, method): f"{method} ({target})" if target else method for target, method in keys}
    width = max(map(len, names.values()))
    yield f"{'':<{width}}  " + "  ".join(f"{short:<20}" for short in _SHORT.values())
    for target, method in sorted(keys, key=lambda key: (not key[0], key[0])):
        values = (str(table.line(method, target, measure).value) for measure in _SHORT)
        yield f"{names[target, method]:<{width}}  " + "  ".join(f"{value:<20}" for value in values)


def _remarks(table: LocalisationTable, facts: Mapping[str, Any]) -> Iterator[str]:
    for each in table.comparisons:
        yield (
            f"{_SHORT[each.measure]}: the best of {each.first[1]} ({each.first[0]}) minus the best of {each.second[1]} "
            f"({each.second[0]}): {each.difference}"
        )
    for (method, target), n in table.n_flat.items():
        yield f"{method} ({target}): {n:,} maps are the same everywhere (flat): they get exactly what chance gives"
    yield "IoU best is an upper bound: its threshold was chosen by looking at the mask, picture by picture."
    if facts["left_out"]:
        yield f"{len(facts['left_out']):,} pictures were left out, because their masks or they could not be used"
    if facts["without_mask"]:
        yield f"{facts['without_mask']:,} pictures of this part have no mask"

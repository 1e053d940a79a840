"""What `xaae project` leaves behind: the table of the maps and their figure, all whole or none."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.direction_significance import permutations_for
from analysis.directions import Direction, fit_direction
from analysis.figures.export import export_figure
from analysis.figures.figure import Figure
from analysis.figures.formats import FORMATS, format_of
from analysis.figures.latent_map import MapFigure
from analysis.figures.style import FigureStyle
from analysis.map_arrows import direction_arrows
from analysis.map_table import MapColumns, map_csv, map_parquet, map_table, table_format
from analysis.provenance import Provenance
from analysis.score_flow import score_flow
from app.map_provenance import map_provenance
from app.map_run import MadeMap, MadeMaps
from app.views import View, view_of
from app.words import target_words
from xaae_core.atomic_files import atomic_path
from xaae_core.errors import DirectionError
from xaae_core.latents import LatentTable

PAGE = ".html"
FIGURE_ENDINGS = (*(f".{name}" for name in FORMATS), PAGE)
MOST_ON_A_PAGE = 3
_LAYOUT = (("perplexity", "perplexity"), ("neighbours", "n_neighbors"), ("min_dist", "min_dist"))
"""Keys of the page's address, and what the layouts call the same."""


def table_content(made: MadeMaps, out: Path, about: Mapping[str, object]) -> bytes:
    """The table of the maps in the format that the file's ending asks for; see `map_table`.

    With several maps that were compared, "shared_tsne_umap" is the share of a case's nearest on one that are among its
    nearest on the other.
    """
    parts = [MapColumns(each.projection, each.moved, None if each.gaps is None else each.gaps.cluster)
             for each in made.maps]  # fmt: skip
    columns = map_table(parts, made.table, _shared(made))
    return map_csv(columns) if table_format(out) == "csv" else map_parquet(columns, about)


def figure_content(made: MadeMaps, picture: Path, colour: str, style: FigureStyle) -> bytes:
    """The maps as a figure that knows how it was made, or as a page of linked maps, by the file's ending.

    Raises:
        ProjectionError: more cases than a page of linked maps can show.
    """
    figures = [_with_direction(_figure(each, made, colour)) for each in made.maps]
    told = _provenance("map", made, figures[0].direction, colour)
    if picture.suffix.lower() == PAGE:
        from analysis.figures.linked_maps import linked_maps_chart, linked_maps_page

        return linked_maps_page(linked_maps_chart(figures), provenance=told)
    from analysis.figures.map_drawing import map_drawing

    return export_figure(Figure(map_drawing(figures), told), format_of(picture), style)


def biplot_content(made: MadeMaps, fitted: LatentTable, picture: Path, target: str | None, style: FigureStyle) -> bytes:
    """The PLS biplot of the cases as a figure that knows how it was made.

    Args:
        made: its table holds the cases that are drawn.
        fitted: the cases that it is fitted to.
        picture: the file, for its ending.
        target: what it is fitted to; the second class, or the number that was learned, if None.
        style: of the figure.

    Raises:
        DirectionError: no direction can be fitted to the target.
    """
    from analysis.figures.biplot import fit_biplot

    drawing = fit_biplot(made.table, target, fitted=fitted, seed=made.maps[0].projection.seed)
    told = _provenance("biplot", made, None, "")
    settings = {**told.settings, "methods": ["pls"], "maps": [], "target": drawing.target}
    view = view_of("maps", made.table.checkpoint_sha256, target=target_words(drawing.target)).to_json()
    told = replace(told, settings=settings, direction=dict(drawing.about), view=view)
    return export_figure(Figure(drawing, told), format_of(picture), style)


def write_files(contents: Mapping[Path, bytes]) -> list[str]:
    """Write files so that none takes its place before all are written; returns their paths."""
    with ExitStack() as stack:
        temporary = {path: stack.enter_context(atomic_path(path)) for path in contents}
        for path, content in contents.items():
            temporary[path].write_bytes(content)
    return [str(path) for path in contents]


def _shared(made: MadeMaps) -> dict[str, NDArray[np.float32]]:
    """How much every two maps agree, by name."""
    methods = [each.projection.method for each in made.maps]
    pairs = [(one, other) for place, one in enumerate(methods) for other in methods[place + 1 :]]
    return {
        f"shared_{one}_{other}": agreement.shared
        for (one, other), agreement in zip(pairs, made.agreements, strict=False)
    }


def _provenance(kind: str, made: MadeMaps, direction: Direction | None, colour: str) -> Provenance:
    return map_provenance(
        kind, made.table, [each.projection for each in made.maps], view=_view(made, direction, colour),
        direction=direction, settings={"colour": colour or "label"},
    )  # fmt: skip


def _view(made: MadeMaps, direction: Direction | None, colour: str) -> View:
    """The maps page with the first two maps; a single one stands alone there."""
    maps = [each.projection for each in made.maps]
    left, right = maps[0], maps[min(1, len(maps) - 1)]
    asked = {name: value for each in maps for name, value in each.parameters.items()}
    settings = {
        "left": left.title,
        "right": right.title,
        "target": "" if direction is None else target_words(direction.target),
        "colour": colour,
        "doubt": "true" if any(each.stability is not None for each in made.maps) else "",
        **{key: f"{asked[name]:g}" for key, name in _LAYOUT if name in asked},
        "map_seed": str(left.seed),
    }
    return view_of("maps", made.table.checkpoint_sha256, **settings)


def _with_direction(figure: MapFigure) -> MapFigure:
    """The figure with the direction of its target: as an arrow on a plane, else where the score rises."""
    projection, table = figure.projection, figure.table
    named = str(projection.parameters.get("target", "")) or None
    try:
        direction = fit_direction(table, named, folds=1, n_permutations=permutations_for(len(table)))
    except DirectionError:
        return figure  # no labels: the map stands without
    if projection.plane is not None:
        return replace(figure, arrows=direction_arrows(projection, table, (direction,)), direction=direction)
    return replace(figure, flow=score_flow(projection.points, direction.score(table.z)), direction=direction)


def _figure(each: MadeMap, made: MadeMaps, colour: str) -> MapFigure:
    projection, moved = each.projection, each.moved
    named = str(projection.parameters.get("target", ""))
    title = f"{projection.title}: " if len(made.maps) > 1 else ""
    notes = [title + words for words in each.further_sentences()]
    if each is made.maps[-1]:  # one caption for all, and these come last
        notes += [agreement.sentence() for agreement in made.agreements]
    return MapFigure(
        projection,
        made.table,
        colour or (named if named in made.table.columns else ""),
        is_doubtful=None if moved is None or each.stability is None else np.nan_to_num(moved) > each.stability.limit,
        notes=tuple(notes),
    )

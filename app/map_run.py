"""Maps of a table of latents with all that is asked to be known of them: what `xaae project` computes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from analysis.case_columns import case_columns
from analysis.joined_tables import join_tables, new_cases
from analysis.map_agreement import MapAgreement, compare_maps
from analysis.map_gaps import MapGaps, judge_gaps
from analysis.map_stability import MapStability, measure_stability, stability_seeds
from analysis.neighbours import NeighbourGraph, Report, find_neighbours
from analysis.projections import Method, Projection, check_table, estimate_seconds, place, project, rate
from analysis.projections.layout import check_finite
from analysis.projections.map_estimates import neighbour_seconds, place_seconds, search_seconds
from analysis.projections.tsne_map import neighbours_for
from xaae_core.latents import LatentTable

Watch = Callable[[str, float], AbstractContextManager[Report]]
"""Told what begins and how many seconds it should take; gives what is called with (done, all)."""
_N_NEIGHBOURS = 15
_RANDOM: tuple[Method, ...] = ("umap", "tsne")


@dataclass(frozen=True, kw_only=True)
class MapPlan:
    """Which maps to make, and what is to be known of them.

    Attributes:
        methods: one map each.
        seed: of everything random.
        target: of "pls".
        n_neighbors: of "umap".
        min_dist: of "umap".
        perplexity: of "tsne".
        fitted: cases that are laid out, the others are placed; None: all are laid out.
        has_stability: measure how far cases move between seeds; nothing is random in "pca" and "pls".
        has_agreement: compare every two maps.
        has_gaps: judge the gaps between the groups that the maps show.
        names: column whose entries name the groups; "" for the labels.
    """

    methods: tuple[Method, ...]
    seed: int = 0
    target: str | None = None
    n_neighbors: int = 15
    min_dist: float = 0.1
    perplexity: float = 30.0
    fitted: int | None = None
    has_stability: bool = False
    has_agreement: bool = False
    has_gaps: bool = False
    names: str = ""


@dataclass(frozen=True, eq=False)
class MadeMap:
    """A map and what is known of it; None: not asked for."""

    projection: Projection
    stability: MapStability | None = None
    gaps: MapGaps | None = None

    @property
    def moved(self) -> np.ndarray[tuple[int], np.dtype[np.float32]] | None:
        """Share of the map's size that each case moves between seeds [N]; NaN for cases that were placed later."""
        if self.stability is None:
            return None
        moved = np.full(len(self.projection), np.nan, dtype=np.float32)
        moved[: len(self.stability)] = self.stability.moved
        return moved

    def sentences(self) -> tuple[str, ...]:
        """How far the map can be read, in plain words."""
        return (self.projection.measured.sentence(), *self.further_sentences())

    def further_sentences(self) -> Iterator[str]:
        """What was asked to be known beyond the map's quality, in plain words."""
        if self.stability is not None:
            yield self.stability.sentence()
        if self.gaps is not None:
            yield self.gaps.sentence()


@dataclass(frozen=True, eq=False)
class MadeMaps:
    """The maps of one run.

    Attributes:
        table: the cases of the maps, those that were placed at the end.
        maps: in the order of the methods.
        agreements: of every two maps.
        notes: what was changed on the way, one sentence each.
    """

    table: LatentTable
    maps: tuple[MadeMap, ...]
    agreements: tuple[MapAgreement, ...] = ()
    notes: tuple[str, ...] = ()


def make_maps(table: LatentTable, plan: MapPlan, watch: Watch, *, new: LatentTable | None = None) -> MadeMaps:
    """Make the maps of a plan.

    Args:
        table: the cases to lay out.
        plan: which maps.
        watch: told of the progress.
        new: cases to place on the finished maps.

    Raises:
        ProjectionError: the table allows no map, or new cases have latents that are not finite (which).
        LatentTableError: new cases of another model, or none that are new.
        DirectionError: for "pls", a target that no direction can be fitted to.
    """
    check_table(table)
    added = None if new is None else new_cases(table, new)
    if added is not None:
        check_finite(added)
    graph = _neighbours(table, _wanted(plan, len(table)), plan.seed, watch)
    maps = [_lay_out(table, method, plan, graph, watch) for method in plan.methods]
    notes = [note for made in maps for note in made.projection.notes]
    if new is not None and added is not None:
        maps = [replace(made, projection=_place(made.projection, table, added, watch)) for made in maps]
        notes += _left_out(new, added)
        table = join_tables(table, added)
        graph = _neighbours(table, _N_NEIGHBOURS, plan.seed, watch)
    maps = [replace(made, projection=rate(made.projection, table.z, neighbours=graph)) for made in maps]
    if plan.has_gaps:
        maps = [replace(made, gaps=_judge(made.projection, table, graph, plan.names)) for made in maps]
    agreements = _compare(maps, table, graph) if plan.has_agreement else ()
    return MadeMaps(table, tuple(maps), agreements, tuple(dict.fromkeys(notes)))


def _wanted(plan: MapPlan, n: int) -> int:
    """Neighbours of each of n cases that the layouts and the judgements look at."""
    wanted = {"umap": plan.n_neighbors, "tsne": neighbours_for(plan.perplexity, n)}
    return max(_N_NEIGHBOURS, *(wanted.get(method, 0) for method in plan.methods), 0)


def _neighbours(table: LatentTable, k: int, seed: int, watch: Watch) -> NeighbourGraph:
    n, d = table.z.shape
    seconds = neighbour_seconds(n, d)
    if seconds < 1:  # not worth a line
        return find_neighbours(table.z, k, seed=seed)
    with watch(f"finding the nearest of {n:,} cases", seconds) as report:
        return find_neighbours(table.z, k, seed=seed, report=report)


def _lay_out(table: LatentTable, method: Method, plan: MapPlan, graph: NeighbourGraph, watch: Watch) -> MadeMap:
    """One map, and how much of it the seed decides."""
    seeds = stability_seeds(plan.seed) if plan.has_stability and method in _RANDOM else (plan.seed,)
    n = len(table) if plan.fitted is None else min(plan.fitted, len(table))
    seconds = estimate_seconds(n, table.z.shape[1], method)
    layouts = []
    for seed in seeds:
        which = f"{method}, seed {seed}" if len(seeds) > 1 else method
        with watch(f"laying out {n:,} cases ({which})", seconds) as report:
            layouts.append(
                project(
                    table,
                    method,
                    seed=seed,
                    target=plan.target if method == "pls" else None,
                    n_neighbors=plan.n_neighbors,
                    min_dist=plan.min_dist,
                    perplexity=plan.perplexity,
                    neighbours=graph,
                    fitted=plan.fitted,
                    rate=False,
                    report=report,
                )
            )
    stability = measure_stability([made.points for made in layouts]) if len(layouts) > 1 else None
    return MadeMap(layouts[0], stability)


def _place(made: Projection, table: LatentTable, new: LatentTable, watch: Watch) -> Projection:
    seconds = search_seconds(len(new), *table.z.shape) + place_seconds(len(new), made.method)
    with watch(f"placing {len(new):,} cases ({made.method})", seconds) as report:
        return place(made, table, new, report=report)


def _left_out(new: LatentTable, added: LatentTable) -> list[str]:
    """What became of the new cases that are none."""
    n_known = len(new) - len(added)
    if n_known == 0:
        return []
    return [f"{n_known} of the {len(new)} cases to place are on the map already and keep their places"]


def _judge(made: Projection, table: LatentTable, graph: NeighbourGraph, names: str) -> MapGaps:
    column = case_columns(table).get(names or "label")
    words = None
    if column is not None and column.values is None:
        words = np.array([*column.groups, ""])[column.codes]  # code −1 is the last
    return judge_gaps(made.points, graph, table.z, labels=words)


def _compare(maps: Sequence[MadeMap], table: LatentTable, graph: NeighbourGraph) -> tuple[MapAgreement, ...]:
    return tuple(
        compare_maps(first.projection, second.projection, table.z, neighbours=graph)
        for first, second in combinations(maps, 2)
    )

"""The maps of a page: what is there already, and what is still being computed."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

from analysis.projections import Method, Projection
from app import cached_maps, maps_state
from app.maps import MapJob, MapRequest, MapResult, map_store
from app.maps_page.cases import MapCases
from app.maps_page.controls import METHOD_WORDS, LayoutSettings, MapsChoice
from app.maps_page.placing import PlacingJob, placed_on
from xaae_core.errors import DirectionError

Job = MapJob | PlacingJob
LARGE = 50_000
"""More cases than this are laid out by a sample of them, the others placed between."""
SAMPLE = 20_000


@dataclass(frozen=True, eq=False)
class ShownMap:
    """One of the two maps.

    Attributes:
        method: what was asked for.
        result: what is drawn; of another method, as long as the asked one is not there.
        job: what computes it.
        name: of the job in the session.
        failed: why another map than the one asked for is drawn; "" where it is not.
    """

    method: Method
    result: MapResult
    job: Job
    name: Hashable
    failed: str = ""

    @property
    def title(self) -> str:
        """The method's name."""
        return METHOD_WORDS[self.method]

    @property
    def is_standing_in(self) -> bool:
        """Whether another map is drawn in the meantime."""
        return self.result.projection.method != self.method

    @property
    def n_parts(self) -> int:
        """How much of it is there; another number means another page."""
        result = self.job.partial()
        known = 0 if result is None else 1 + (result.projection.quality is not None) + (result.stability is not None)
        return known + 4 * self.job.is_done


def maps_of(cases: MapCases, choice: MapsChoice) -> tuple[ShownMap, ...]:
    """The maps that are asked for; a slow one begins in another process, and a plane stands in for it."""
    map_store().warm_up()
    stand_ins: tuple[Method, Method] = ("pca", "pls")
    methods = dict.fromkeys(choice.methods)
    shown: dict[Hashable, ShownMap] = {}
    for method, stand_in in zip(methods, stand_ins, strict=False):
        one = _possible(cases, choice, method, stand_in)
        before = shown.get(one.name)  # PCA instead of PLS, beside PCA
        shown[one.name] = one if before is None else replace(before, failed=one.failed or before.failed)
    maps_state.keep_only(set(shown))
    return tuple(shown.values())


def request_for(method: Method, settings: LayoutSettings, n: int, *, is_doubt_shown: bool) -> MapRequest:
    """What is asked of the worker; stability costs two more layouts and is asked for only where it is shown."""
    return MapRequest(
        method=method,
        seed=settings.seed,
        n_neighbors=settings.n_neighbors,
        min_dist=settings.min_dist,
        perplexity=settings.perplexity,
        fitted=SAMPLE if n > LARGE else None,
        parts=("layout", "quality", "stability") if is_doubt_shown else ("layout", "quality"),
    )


def _possible(cases: MapCases, choice: MapsChoice, method: Method, stand_in: Method) -> ShownMap:
    """The map; PCA, and why, where no direction can be fitted for PLS."""
    try:
        return _map_of(cases, choice, method, stand_in)
    except DirectionError as error:
        return replace(_map_of(cases, choice, "pca", "pca"), failed=f"PLS needs a direction: {error}")


def _map_of(cases: MapCases, choice: MapsChoice, method: Method, stand_in: Method) -> ShownMap:
    plane = _plane(cases, method, choice.target) if method in ("pca", "pls") else None
    request = request_for(method, choice.settings, len(cases.base or cases.table), is_doubt_shown=choice.is_doubt_shown)
    name = (*cases.key, request, choice.target if method == "pls" else "")
    job = maps_state.kept_job(name, lambda: _begin(cases, request, plane))
    there = job.partial()
    if there is None:
        there = MapResult(_with_placed(cases, plane or _stand_in(cases, stand_in, choice.target)))
    return ShownMap(method, there, job, name)


def _begin(cases: MapCases, request: MapRequest, plane: Projection | None) -> Job:
    """Ask for the map; where cases are placed on it, these follow."""
    if cases.base is None:
        return map_store().request(cases.table, request, layout=plane)
    return PlacingJob(map_store().request(cases.base, request, layout=plane), cases.base, cases.table)


def _with_placed(cases: MapCases, plane: Projection) -> Projection:
    return plane if cases.base is None else placed_on(plane, cases.base, cases.table)


def _stand_in(cases: MapCases, method: Method, target: str) -> Projection:
    """A plane to look at in the meantime: PCA where no direction can be fitted."""
    try:
        return _plane(cases, method, target)
    except DirectionError:
        return _plane(cases, "pca", target)


def _plane(cases: MapCases, method: Method, target: str) -> Projection:
    """A map that is there at once. The first axis of PLS leads towards the target, if the table knows it."""
    table = cases.base or cases.table
    key = (*cases.key[:1], f"{cases.key[1]}:{len(table)}")
    known = target if method == "pls" and (target in table.classes or target in table.columns) else None
    return cached_maps.plane_map(table, key, method, known)

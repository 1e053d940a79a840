"""What a map is asked for with, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

from analysis.map_stability import MapStability, stability_seeds
from analysis.neighbours import NeighbourGraph
from analysis.projections import METHODS, Method, Projection, projection_key

Part = Literal["layout", "neighbours", "quality", "stability"]
PARTS: tuple[Part, ...] = get_args(Part)
"""In the order they are computed in, of all requests: every layout comes before any quality."""
N_NEIGHBOURS = 15
"""Neighbours in z that come with each map; quality looks at the nearest of them."""


@dataclass(frozen=True, kw_only=True)
class MapRequest:
    """A map with its settings, and what is to be known of it.

    Attributes:
        method: "umap", "tsne", "pca" or "pls".
        seed: of everything random.
        n_neighbors: for "umap", neighbours that are kept near.
        min_dist: for "umap", how near points may lie, in [0, 1].
        perplexity: for "tsne", the effective number of neighbours.
        fitted: cases that are laid out, the others are placed between them; None: all.
        parts: what is computed: "layout", "quality", "stability". The neighbours in z always are. Stability is left
            out for "pca" and "pls", in which nothing is random.
        given: digest of a layout that was made already; set by `MapStore.request`.
    """

    method: Method
    seed: int = 0
    n_neighbors: int = 15
    min_dist: float = 0.1
    perplexity: float = 30.0
    fitted: int | None = None
    parts: tuple[Part, ...] = ("layout", "quality")
    given: str = ""

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f'method is "{self.method}"; expected one of {", ".join(METHODS)}')
        unknown = set(self.parts) - set(PARTS)
        if unknown or not self.parts:
            raise ValueError(f"parts are {self.parts}; expected some of {', '.join(PARTS)}")
        wanted = {"layout", "neighbours", *self.parts}
        if self.method in ("pca", "pls"):
            wanted -= {"stability"}
        object.__setattr__(self, "parts", tuple(part for part in PARTS if part in wanted))

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments of `project` that this method looks at."""
        of_method = {"umap": ("n_neighbors", "min_dist", "fitted"), "tsne": ("perplexity", "fitted")}
        return {name: getattr(self, name) for name in of_method.get(self.method, ())}

    def seeds(self) -> tuple[MapRequest, ...]:
        """The layouts that stability compares; this one is the first."""
        others = (replace(self, seed=seed, parts=("layout",), given="") for seed in stability_seeds(self.seed)[1:])
        return (self, *others)

    def key(self, digest: str) -> str:
        """Name of the layout for latents with a digest; changes with the libraries' versions, not with the parts."""
        return projection_key(digest, self.method, seed=self.seed, **self.settings, given=self.given)

    def to_mapping(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> MapRequest:
        """Of what `to_mapping` gave, after JSON; raises ValueError for anything else."""
        unknown = set(values) - {entry.name for entry in fields(cls)}
        if unknown or "method" not in values:
            raise ValueError(f"{dict(values)} is no request for a map: method missing, or unknown: {sorted(unknown)}")
        return cls(**{**values, "parts": tuple(values.get("parts", ("layout", "quality")))})


@dataclass(frozen=True, eq=False)
class MapResult:
    """What is known of a map.

    Attributes:
        projection: the map; its `quality` is None as long as it is not measured, or was not asked for.
        stability: how far points move between seeds; None as long as it is not measured, or was not asked for.
        neighbours: nearest cases in z; None as long as only the layout is there.
    """

    projection: Projection
    stability: MapStability | None = None
    neighbours: NeighbourGraph | None = None

"""Maps of the latent space: every case as a point in the plane, with how far the map can be read."""

from analysis.projections.layout import check_table
from analysis.projections.map_estimates import estimate_seconds
from analysis.projections.map_making import project
from analysis.projections.map_making import rate_map as rate
from analysis.projections.placing import place
from analysis.projections.projection import LEAST_CASES, METHODS, LinearPlane, Method, Projection
from analysis.projections.projection_files import projection_key, read_projection, write_projection

__all__ = [
    "LEAST_CASES",
    "METHODS",
    "LinearPlane",
    "Method",
    "Projection",
    "check_table",
    "estimate_seconds",
    "place",
    "project",
    "projection_key",
    "rate",
    "read_projection",
    "write_projection",
]

"""Attribution maps as rows: the map on its picture, maps that it should not look like, verdict and scores."""

from app.components.heat_grid.colours import attribution_colours
from app.components.heat_grid.encoding import EncodedGrid, encode_grid, quantise_heat
from app.components.heat_grid.grid import HeatGridState, heat_grid
from app.components.heat_grid.outline import MaskOutline, trace_outline
from app.components.heat_grid.payload import HeatGridError, HeatGridPayload, HeatRow, HeatTile

__all__ = [
    "EncodedGrid",
    "HeatGridError",
    "HeatGridPayload",
    "HeatGridState",
    "HeatRow",
    "HeatTile",
    "MaskOutline",
    "attribution_colours",
    "encode_grid",
    "heat_grid",
    "quantise_heat",
    "trace_outline",
]

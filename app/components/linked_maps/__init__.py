"""Maps of the latent space side by side: linked in the browser, from a few cases to a million."""

from app.components.linked_maps.colours import MapColours, number_colours
from app.components.linked_maps.maps import LinkedMapsState, linked_maps
from app.components.linked_maps.panels import FlowMark, LinkedMapsError, MapPanel, PanelArrow
from app.components.linked_maps.selection import Gesture, points_in_polygon

__all__ = [
    "FlowMark",
    "Gesture",
    "LinkedMapsError",
    "LinkedMapsState",
    "MapColours",
    "MapPanel",
    "PanelArrow",
    "linked_maps",
    "number_colours",
    "points_in_polygon",
]

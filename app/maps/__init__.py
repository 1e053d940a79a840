"""Maps of the latent space, computed in a process of their own and kept on disk."""

from app.maps.jobs import MapJob
from app.maps.requests import MapRequest, MapResult
from app.maps.store import MapStore, map_store

__all__ = ["MapJob", "MapRequest", "MapResult", "MapStore", "map_store"]

"""One map in the app's own component: `?n=10000` points."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from app.components.linked_maps import MapColours, MapPanel, linked_maps
from app.served import Served, serve_cases
from benchmarks.scatter_points import COLOURS, GROUPS, clustered_points
from xaae_core.errors import ImageError


class NoCases:
    """Cases of which nothing is known."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __len__(self) -> int:
        return self.n

    def words(self, row: int) -> Mapping[str, object]:
        return {"name": f"case {row}"}

    def picture(self, row: int) -> bytes:
        raise ImageError("the benchmark has no pictures")


@st.cache_resource
def drawn(n: int) -> tuple[MapPanel, MapColours, Served]:
    """What is shown; made once, as a map in the app is."""
    points, codes = clustered_points(n)
    colours = MapColours("group", "groups", codes=codes, groups=GROUPS, colours=COLOURS)
    return MapPanel(f"map {n}", "Map", points), colours, serve_cases(NoCases(n))


@st.fragment
def show() -> None:
    panel, colours, cases = drawn(int(st.query_params.get("n", 1000)))
    state = linked_maps([panel], colours, key="maps", cases_url=cases.url)
    if state.selected is not None:
        st.text(f"chosen {len(np.flatnonzero(state.selected))}")


st.set_page_config(layout="wide")
show()

"""Drawn maps of imagined cases, for the linked maps' demo, its tests and its benchmark."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from app.components.linked_maps import MapColours, MapPanel, PanelArrow

GROUPS = ("no finding", "effusion", "pneumonia", "nodule")
GROUP_COLOURS = ("#4f9a82", "#d9730d", "#2f7bbf", "#a8579a")
N_CLUSTERS = 9


@cache
def drawn_codes(n: int) -> NDArray[np.uint8]:
    """Groups in blocks, as a table sorted by label has them; one case in forty is not known."""
    codes = np.sort(np.random.default_rng(1).choice(4, n, p=[0.5, 0.25, 0.15, 0.1])).astype(np.uint8)
    codes[np.random.default_rng(2).random(n) < 1 / 40] = 255
    return codes


@cache
def drawn_points(n: int, method: str) -> NDArray[np.float32]:
    """Clusters, each mostly of one group, float32 [n, 2]; two methods place the same cases differently.

    Of the method "same" all points are one.
    """
    if method == "same":
        return np.full((n, 2), 3.5, dtype=np.float32)
    random = np.random.default_rng(3)
    codes = drawn_codes(n).astype(int) % 4
    cluster = (codes * 2 + random.integers(0, 2, n) + (random.random(n) < 0.12) * random.integers(0, 9, n)) % N_CLUSTERS
    spread = random.normal(size=(n, 2))
    place = np.random.default_rng({"tsne": 4, "umap": 5, "pca": 6}[method])
    middles = place.uniform(-10, 10, size=(N_CLUSTERS, 2))
    turns = place.uniform(0, np.pi, N_CLUSTERS)[cluster]
    size = place.uniform(0.8, 2.2, size=(N_CLUSTERS, 2))[cluster]
    x, y = (spread * size).T
    turned = np.stack([x * np.cos(turns) - y * np.sin(turns), x * np.sin(turns) + y * np.cos(turns)], axis=1)
    return (middles[cluster] + turned).astype(np.float32)


def drawn_panels(
    n: int, *, second: str = "umap", has_doubt: bool = False, has_placed: bool = False
) -> tuple[MapPanel, ...]:
    """Two maps; of doubt and placing each, one case in five."""
    random = np.random.default_rng(7)
    doubtful = [((random.random(n) < 0.2) + 2 * (random.random(n) < 0.1)).astype(np.uint8) for _ in range(2)]
    placed = random.random(n) < 0.05
    arrow = PanelArrow(
        "towards effusion",
        (0.0, 0.0),
        (6.0, 5.0),
        np.array([(0, 0), (6.6, 4.2), (6.4, 5.1), (5.3, 5.8)]),
        "within 9 degrees, p 0.001",
    )
    flow = tuple((x, y, 0.9, 0.5 - 0.1 * x, 0.6) for x in np.linspace(-9, 9, 7) for y in np.linspace(-9, 9, 7))
    first = MapPanel(
        f"tsne {n}", "t-SNE", drawn_points(n, "tsne"), ("t-SNE 1", "t-SNE 2"),
        words="82 % of the neighbours on this map are real. Distances between far groups mean nothing here.",
        doubtful=doubtful[0] if has_doubt else None, placed=placed if has_placed else None,
    )  # fmt: skip
    other = MapPanel(
        f"{second} {n}", second.upper(), drawn_points(n, second), ("PCA 1 (31 %)", "PCA 2 (12 %)"),
        has_units=second == "pca",
        words="74 % of the neighbours on this map are real.", doubtful=doubtful[1] if has_doubt else None,
        arrows=(arrow,) if second == "pca" else (), flow=flow if second == "umap" and has_doubt else (),
    )  # fmt: skip
    return first, other


def drawn_colours(n: int, kind: str) -> MapColours:
    """By label, by a score (diverging), by a share (0 to 1), or by one of sixty scanners."""
    if kind == "label":
        return MapColours("label", "groups", codes=drawn_codes(n), groups=GROUPS, colours=GROUP_COLOURS)
    if kind == "many":
        codes = (np.arange(n) % 60).astype(np.uint8)
        colours = tuple(f"#{(k * 2654435761) % 0xFFFFFF:06x}" for k in range(1, 61))
        return MapColours(
            "scanner", "groups", codes=codes, groups=tuple(f"scanner {k}" for k in range(60)), colours=colours
        )
    values = drawn_points(n, "tsne")[:, 0] / 4 + np.random.default_rng(8).normal(size=n) / 3
    values[::50] = np.nan
    if kind == "score":
        return MapColours(
            "score along effusion",
            "numbers",
            values=values.astype(np.float32),
            low=-3,
            high=3,
            diverging=True,
            unit="SD",
        )
    return MapColours(
        "neighbours kept", "numbers", values=(1 / (1 + np.exp(-values))).astype(np.float32), low=0, high=1, unit="share"
    )

"""New cases on a finished map: they land among their like, and nothing else moves; a map on disk stays what it was."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from analysis.projections import Method, Projection, place, project, projection_key, read_projection, write_projection
from analysis.projections.placing import points_of
from tests.analysis.latent_tables import two_clouds
from xaae_core.errors import ProjectionError
from xaae_core.latents import LatentTable, write_latents

METHODS: tuple[Method, ...] = ("pca", "pls", "tsne", "umap")


@cache
def clouds() -> LatentTable:
    return two_clouds(160, gap=12.0)


@cache
def map_of(method: Method) -> Projection:
    return project(clouds(), method, target="yes" if method == "pls" else None)


def newcomers(n: int = 24, seed: int = 9) -> LatentTable:
    table = two_clouds(n, gap=12.0, seed=seed)
    return replace(table, ids=np.array([f"new {row}" for row in range(n)]))


@pytest.mark.parametrize("method", METHODS)
def test_new_cases_land_in_their_own_cloud_and_the_others_stay(method: Method) -> None:
    made, new = map_of(method), newcomers()
    both = place(made, clouds(), new)
    np.testing.assert_array_equal(both.points[:160], made.points)
    assert both.placed.tolist() == [False] * 160 + [True] * 24
    assert both.ids.tolist() == [*clouds().ids.tolist(), *new.ids.tolist()]
    assert both.quality is None, "it was measured without the new cases"
    middles = np.stack([made.points[clouds().labels == label].mean(axis=0) for label in (0, 1)])
    nearest = np.linalg.norm(both.points[160:, None] - middles, axis=2).argmin(axis=1)
    np.testing.assert_array_equal(nearest, new.labels)
    assert "24 of them placed on the finished map" in both.caption()


@pytest.mark.parametrize("method", METHODS)
def test_a_maps_own_cases_are_placed_near_their_own_points(method: Method) -> None:
    made = map_of(method)
    again = points_of(made, clouds().z, clouds().z)
    apart = np.linalg.norm(again - made.points, axis=1)
    assert np.median(apart) < 0.1 * made.points.std()


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_placing_twice_gives_the_same_bits(method: Method) -> None:
    first, second = (place(map_of(method), clouds(), newcomers()).points for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_a_map_around_a_sample_says_so_and_keeps_the_order_of_the_table(method: Method) -> None:
    made = project(clouds(), method, fitted=60, rate=False)
    assert made.n_placed == 100
    assert made.ids.tolist() == clouds().ids.tolist()
    assert any("60 drawn cases are laid out" in note for note in made.notes)
    middles = np.stack([made.points[clouds().labels == label].mean(axis=0) for label in (0, 1)])
    nearest = np.linalg.norm(made.points[:, None] - middles, axis=2).argmin(axis=1)
    np.testing.assert_array_equal(nearest, clouds().labels)


def _nan(table: LatentTable) -> LatentTable:
    z = table.z.copy()
    z[3] = np.nan
    return replace(table, z=z)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda new: replace(new, ids=clouds().ids[:24]), r"24 of the new cases are on the map already.*case 0"),
        (lambda new: replace(new, z=new.z[:, :4]), r"z of 4 numbers, the map's have 6"),
        (_nan, r"not finite for 1 of 24 cases, the first: new 3"),
        (lambda new: replace(new, ids=np.array(["a", "a", *new.ids[2:]])), "1 ids stand for several.*: a"),
    ],
)
def test_new_cases_that_cannot_be_placed_say_why(spoil: object, says: str) -> None:
    with pytest.raises(ProjectionError, match=says):
        place(map_of("pca"), clouds(), spoil(newcomers()))  # type: ignore[operator]


def test_another_models_cases_and_another_table_are_refused() -> None:
    own = replace(clouds(), checkpoint_sha256="a" * 64)
    with pytest.raises(ProjectionError, match="another model"):
        place(map_of("pca"), own, replace(newcomers(), checkpoint_sha256="b" * 64))
    with pytest.raises(ProjectionError, match="the table that the map was made of"):
        place(map_of("pca"), newcomers(), newcomers(seed=1))


@pytest.mark.parametrize("method", METHODS)
def test_a_map_on_disk_is_the_same_map(method: Method, tmp_path: Path) -> None:
    made = map_of(method)
    read = read_projection(write_projection(made, tmp_path / "map.parquet"))
    for name in ("points", "ids", "placed"):
        np.testing.assert_array_equal(getattr(read, name), getattr(made, name))
    np.testing.assert_array_equal(read.measured.kept, made.measured.kept)
    assert read.measured.trustworthiness == made.measured.trustworthiness
    assert (read.caption(), dict(read.parameters), read.axes) == (made.caption(), dict(made.parameters), made.axes)
    if made.plane is not None:
        assert read.plane is not None
        np.testing.assert_array_equal(read.plane.weights, made.plane.weights)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not a map at all" * 50])
def test_another_file_is_no_map(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "map.parquet").write_bytes(content)
    with pytest.raises(ProjectionError, match=r"map\.parquet"):
        read_projection(tmp_path / "map.parquet")


def test_half_a_map_and_a_table_of_latents_are_no_maps(tmp_path: Path) -> None:
    whole = write_projection(map_of("pca"), tmp_path / "map.parquet").read_bytes()
    for content in (whole[:-20], whole[: len(whole) // 2], b"PAR1" + whole[20:]):
        (tmp_path / "map.parquet").write_bytes(content)
        with pytest.raises(ProjectionError, match="is not a map"):
            read_projection(tmp_path / "map.parquet")
    latents = write_latents(clouds(), tmp_path / "latents.parquet")
    for path in (latents, tmp_path, tmp_path / "nothing.parquet"):
        with pytest.raises(ProjectionError, match="is not a map"):
            read_projection(path)


def test_a_map_without_its_quality_and_with_placed_cases_survives_the_disk(tmp_path: Path) -> None:
    both = replace(place(map_of("tsne"), clouds(), newcomers()), seed=np.int64(4), notes=("α", "β"))
    read = read_projection(write_projection(both, tmp_path / "map.parquet"))
    assert (read.quality, read.seed, read.notes) == (None, 4, ("α", "β"))
    np.testing.assert_array_equal(read.placed, both.placed)
    np.testing.assert_array_equal(read.points.view(np.int32), both.points.view(np.int32))


def test_a_name_on_disk_changes_with_everything_that_changes_the_map() -> None:
    names = [
        projection_key("z", "umap", seed=0, n_neighbors=15),
        projection_key("y", "umap", seed=0, n_neighbors=15),
        projection_key("z", "tsne", seed=0, n_neighbors=15),
        projection_key("z", "umap", seed=1, n_neighbors=15),
        projection_key("z", "umap", seed=0, n_neighbors=16),
    ]
    assert len(set(names)) == 5
    assert projection_key("z", "umap", seed=0, n_neighbors=15) == names[0]

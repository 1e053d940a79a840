"""Directions as arrows: they lie where the geometry says, their cones hold them, and they turn with the label."""

import math
from dataclasses import replace

import numpy as np
import pytest

from analysis.direction_fit import angles_to
from analysis.directions import fit_direction, fit_directions
from analysis.map_arrows import LENGTH, direction_arrows
from analysis.projections import project
from tests.analysis.latent_tables import table_of, two_clouds
from tests.analysis.test_many_directions import many_classes
from xaae_core.errors import ProjectionError


def oblique(n=120, dims=7, *, seed=0):
    """Two classes whose shift lies askew in latents of unequal, correlated spread."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    z = rng.normal(size=(n, dims)) @ rng.normal(size=(dims, dims)) + 3 + np.outer(labels, np.linspace(2, 0, dims))
    return table_of(z, labels, severity=z[:, 0] - z[:, 1])


@pytest.mark.parametrize("target", ["yes", "no", "severity"])
def test_on_the_pls_map_the_direction_lies_along_the_first_axis(target):
    table = oblique()
    (arrow,) = direction_arrows(project(table, "pls", target=target), table, [fit_direction(table, target)])
    assert arrow.start == pytest.approx((0, 0), abs=1e-6)
    assert arrow.end == pytest.approx((LENGTH, 0), abs=1e-6)  # the axis is in SD
    assert arrow.seen == pytest.approx(1)


@pytest.mark.parametrize("method", ["pca", "pls"])
def test_an_arrow_ends_where_a_case_moved_along_the_direction_lies(method):
    table = oblique()
    projection = project(table, method)
    direction = fit_direction(table)
    (arrow,) = direction_arrows(projection, table, [direction])
    moved = direction.move(direction.centre, np.array([0.0, LENGTH]))
    np.testing.assert_allclose(projection.plane.points(moved), [arrow.start, arrow.end], atol=1e-5)


@pytest.mark.parametrize("method", ["pca", "pls"])
def test_the_opposite_label_has_the_opposite_arrow_and_cone(method):
    table = oblique()
    projection = project(table, method, target="yes" if method == "pls" else None)
    yes, no = direction_arrows(projection, table, fit_directions(table, ["yes", "no"]))
    assert no.start == pytest.approx(yes.start)
    np.testing.assert_allclose(np.subtract(no.end, no.start), np.subtract(yes.start, yes.end), atol=1e-9)
    assert no.cone_degrees == pytest.approx(yes.cone_degrees)
    mirrored = 2 * np.array(yes.start) - yes.cone
    np.testing.assert_allclose(sorted(no.cone.tolist()), sorted(mirrored.tolist()), atol=1e-4)


def winding(outline, point):
    """Whether a point lies in a convex, counter-clockwise outline (its edge included)."""
    edges = np.roll(outline, -1, axis=0) - outline
    gaps = np.asarray(point) - outline
    return bool((edges[:, 0] * gaps[:, 1] - edges[:, 1] * gaps[:, 0] >= -1e-9).all())


@pytest.mark.parametrize("method", ["pca", "pls"])
@pytest.mark.parametrize("seed", range(4))
def test_the_cone_holds_the_arrow_and_95_of_100_resampled_ones(method, seed):
    table = oblique(60, seed=seed)
    projection = project(table, method)
    direction = fit_direction(table, n_bootstrap=200, seed=seed)
    (arrow,) = direction_arrows(projection, table, [direction])
    assert winding(arrow.cone, arrow.start)
    assert winding(arrow.cone, arrow.end)
    tips = (
        np.array(arrow.start) + LENGTH * direction.scale * direction.resampled.astype(float) @ projection.plane.weights
    )
    held = np.array([winding(arrow.cone, tip) for tip in tips])
    near = angles_to(direction.vector, direction.resampled) <= direction.cone_degrees
    assert held[near].all()
    assert held.mean() >= 0.95
    assert not winding(arrow.cone, np.array(arrow.start) + 3 * (np.array(arrow.end) - arrow.start))
    assert not arrow.cone.flags.writeable


def test_the_cone_narrows_with_more_cases():
    widths = []
    for n in (30, 1000):
        table = oblique(n)
        (arrow,) = direction_arrows(project(table, "pls"), table, [fit_direction(table)])
        widths.append(np.ptp(arrow.cone[:, 1]))  # the arrow lies along x
    assert widths[1] < widths[0] / 2


def test_every_class_has_its_arrow_from_the_same_place():
    table = many_classes(4, n=400)
    projection = project(table, "pls")
    arrows = direction_arrows(projection, table, fit_directions(table, n_permutations=199))
    assert [arrow.name for arrow in arrows] == list(table.classes)
    assert len({arrow.start for arrow in arrows}) == 1
    for arrow, label in zip(arrows, range(4), strict=True):
        if arrow.seen > 0.5:  # towards the class's own cloud, where the map shows that way at all
            middle = projection.points[table.labels == label].mean(axis=0)
            assert np.dot(np.subtract(arrow.end, arrow.start), middle - arrow.start) > 0
    assert sum(arrow.seen > 0.5 for arrow in arrows) >= 2
    assert arrows[0].words.startswith("towards class 0, ± ")
    assert arrows[0].words.endswith("in z, p = 0.005")


def test_an_arrow_out_of_the_map_says_so():
    table = two_clouds(gap=0.0)
    z = table.z * np.array([0.1, 5, 4, 1, 1, 1], np.float32)
    z[:, 0] += 0.5 * table.labels  # the target lies where the map does not look
    table = replace(table, z=z)
    direction = replace(fit_direction(table), vector=np.eye(6)[0])
    (arrow,) = direction_arrows(project(table, "pca"), table, [direction])
    assert arrow.seen < 0.1


def test_what_was_not_resampled_has_no_cone():
    table = two_clouds()
    (arrow,) = direction_arrows(project(table, "pca"), table, [fit_direction(table, n_bootstrap=0)])
    assert arrow.cone is None
    assert math.isnan(arrow.cone_degrees)
    assert arrow.words == "towards yes"


def test_a_bent_map_has_no_straight_arrows():
    table = two_clouds()
    bent = replace(project(table, "pca"), method="umap", plane=None)
    with pytest.raises(ProjectionError, match=r"UMAP bends the latent space.*score_flow"):
        direction_arrows(bent, table, [fit_direction(table)])


def test_directions_of_other_latents_are_refused():
    table, other = two_clouds(), two_clouds(dims=9)
    with pytest.raises(ProjectionError, match="have 6, 9 latent dimensions"):
        direction_arrows(project(table, "pca"), table, [fit_direction(other)])


def test_one_latent_dimension_is_an_arrow_too():
    table = two_clouds(dims=1)
    (arrow,) = direction_arrows(project(table, "pls"), table, [fit_direction(table)])
    assert arrow.end == pytest.approx((LENGTH, 0), abs=1e-6)
    assert winding(arrow.cone, arrow.end)

"""The figures of the latent space: written whole, the same for the same seed, bad input named."""

import sys
import types

import numpy as np
import pytest
import torch
from PIL import Image

from xaae_core.training import save_latent_pls_figure, save_latent_tsne_figure
from xaae_core.training.latent_figures import _arrow_tip, _towards_target


@pytest.fixture
def cloud():
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(60, 6, generator=generator)
    targets = (z[:, 2] + 0.2 * torch.randn(60, generator=generator) > 0).long()
    return z, targets


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_figures_are_pictures_and_repeatable(cloud, tmp_path):
    z, targets = cloud
    for draw in (
        lambda path: save_latent_tsne_figure(z, path, "adversarial", perplexity=10),
        lambda path: save_latent_pls_figure(z, targets, path, ["healthy", "ill"], phase="classifier"),
    ):
        first, second = draw(tmp_path / "new folder" / "a.png"), draw(tmp_path / "b.png")
        assert first == tmp_path / "new folder" / "a.png"
        assert pixels(first).std() > 10
        assert (pixels(first) == pixels(second)).all()
        assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_more_points_than_the_cap_are_subsampled_by_the_seed(cloud, tmp_path):
    z, targets = cloud
    pictures = [
        pixels(save_latent_pls_figure(z, targets, tmp_path / "p.png", max_points=30, random_state=seed))
        for seed in (1, 1, 2)
    ]
    assert (pictures[0] == pictures[1]).all()
    assert (pictures[0] != pictures[2]).any()


def test_the_arrow_points_to_the_target_class_and_ends_inside_the_cloud(cloud):
    z, targets = cloud
    is_target = targets.double().numpy()
    scores = z[:, 2:4].double().numpy()
    for sign in (1, -1):
        turned = _towards_target(scores * sign, is_target)
        tip = _arrow_tip(turned, is_target)
        assert tip[0] > 0
        assert abs(tip[1]) < tip[0]
        assert turned[is_target == 1, 0].mean() > turned[is_target == 0, 0].mean()
        assert all(turned[:, axis].min() < tip[axis] < turned[:, axis].max() for axis in (0, 1))


def test_another_target_class_turns_the_picture(cloud, tmp_path):
    z, targets = cloud
    ill = save_latent_pls_figure(z, targets, tmp_path / "a.png", ["healthy", "ill"])
    assert (
        pixels(ill) == pixels(save_latent_pls_figure(z, targets, tmp_path / "b.png", ["healthy", "ill"], "ill"))
    ).all()
    healthy = save_latent_pls_figure(z, targets, tmp_path / "c.png", ["healthy", "ill"], "healthy")
    assert (pixels(ill) != pixels(healthy)).any()


def test_figures_are_displayed_in_a_notebook_only(cloud, tmp_path, monkeypatch):
    shown = []
    ipython, display = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    ipython.get_ipython = lambda: object()
    display.display, display.Image = shown.append, lambda data: data
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    z, targets = cloud
    path = save_latent_pls_figure(z, targets, tmp_path / "a.png")
    assert shown == [path.read_bytes()]
    save_latent_pls_figure(z, targets, tmp_path / "b.png", show=False)
    assert len(shown) == 1
    ipython.get_ipython = lambda: None
    save_latent_pls_figure(z, targets, tmp_path / "c.png", show=True)
    assert len(shown) == 1


def test_bad_input_is_named(cloud, tmp_path):
    z, targets = cloud
    path = tmp_path / "a.png"
    for message, draw in {
        "perplexity is 30 for 20 points": lambda: save_latent_tsne_figure(z[:20], path, "p"),
        "expected latent vectors": lambda: save_latent_tsne_figure(z[0], path, "p"),
        "encoding_dims is 7, but z has 6": lambda: save_latent_tsne_figure(z, path, "p", 7),
        "NaN": lambda: save_latent_tsne_figure(z * torch.nan, path, "p"),
        "max_points is 0": lambda: save_latent_tsne_figure(z, path, "p", max_points=0),
        'all 60 points are outside the class "class 1"': lambda: save_latent_pls_figure(
            z, targets * 0, path, ["class 0", "class 1"]
        ),
        'all 60 points are in the class "class 0"': lambda: save_latent_pls_figure(z, targets * 0, path),
        'target_class is "sick"; expected one of healthy, ill': lambda: save_latent_pls_figure(
            z, targets, path, ["healthy", "ill"], "sick"
        ),
        r"targets have shape \(59,\); expected \(60,\)": lambda: save_latent_pls_figure(z, targets[1:], path),
        "at least 3 points of 2 dimensions": lambda: save_latent_pls_figure(z[:, :1], targets, path),
    }.items():
        with pytest.raises(ValueError, match=message):
            draw()
    assert not path.exists()

"""Figures of the latent space after a phase: t-SNE and the supervised PLS biplot."""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from xaae_core.atomic_files import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DPI = 150
_INK = "#1f2933"
_POINT = "#3b6ea8"


def save_latent_tsne_figure(
    z: torch.Tensor,
    save_path: str | Path,
    phase: str,
    encoding_dims: int | None = None,
    max_points: int = 5000,
    perplexity: float = 30,
    random_state: int = 42,
    show: bool | None = None,
) -> Path:
    """Project z with t-SNE, display inline in a notebook, then save a PNG.

    Points are not coloured by class: the figure shows how the cloud evolves between the phases.

    Args:
        z: latent vectors [N, D].
        save_path: the PNG to write.
        phase: name for the title.
        encoding_dims: D, for the title; z's own if None.
        max_points: more points than this are subsampled.
        perplexity: t-SNE's, in (0, number of points).
        random_state: seed of the subsample and of t-SNE.
        show: display inline; None: when running under IPython. Elsewhere nothing is shown.

    Returns:
        The path.

    Raises:
        ValueError: z is not [N, D], is not finite, or has too few points for the perplexity.
    """
    points = _subsample(_as_matrix(z, encoding_dims), max_points, random_state)[0]
    if not 0 < perplexity < len(points):
        raise ValueError(
            f"perplexity is {perplexity} for {len(points)} points; expected above 0 and below the number of points: "
            "lower it or give more points"
        )
    from sklearn.manifold import TSNE

    method = TSNE(n_components=2, perplexity=perplexity, init="pca", random_state=random_state)
    flat = method.fit_transform(points)
    figure, axes = _new_figure()
    axes.scatter(flat[:, 0], flat[:, 1], s=8, c=_POINT, alpha=0.6, linewidths=0)
    axes.set(
        title=f"{phase}: t-SNE of z ({points.shape[1]}D → 2D), {len(points):,} images",
        xlabel="t-SNE 1 (arbitrary units)",
        ylabel="t-SNE 2 (arbitrary units)",
    )
    return _show_and_save(figure, save_path, show)


def save_latent_pls_figure(
    z: torch.Tensor,
    targets: torch.Tensor,
    save_path: str | Path,
    class_names: Sequence[str] | None = None,
    target_class: str | None = None,
    phase: str = "",
    encoding_dims: int | None = None,
    max_points: int = 10000,
    random_state: int = 42,
    show: bool | None = None,
) -> Path:
    """Supervised PLS biplot of z vs binary targets: display inline in a notebook, then save a PNG.

    Two components are fitted to z and to "is of the target class", or to numbers. Colour is the score on component 1;
    the arrow points where the target increases: its components are the target's correlations with the scores.

    Args:
        z: latent vectors [N, D], D at least 2.
        targets: class indices [N], or floating-point numbers [N].
        save_path: the PNG to write.
        class_names: names by class index; "class 0", … if None.
        target_class: the class that counts as 1, the second one if None; of numbers, their name.
        phase: name for the title.
        encoding_dims: D, for the title; z's own if None.
        max_points: more points than this are subsampled.
        random_state: seed of the subsample.
        show: display inline; None: when running under IPython. Elsewhere nothing is shown.

    Returns:
        The path.

    Raises:
        ValueError: shapes do not fit, an unknown target class, or all points on one side of it.
    """
    points = _as_matrix(z, encoding_dims)
    goal, name = _goal(targets, len(points), class_names, target_class)
    points, kept = _subsample(points, max_points, random_state)
    is_target = goal[kept]
    if points.shape[1] < 2 or len(points) < 3:
        raise ValueError(f"z is {points.shape}; PLS with two components needs at least 3 points of 2 dimensions")
    if is_target.min() == is_target.max() and targets.is_floating_point():
        raise ValueError(f"all {len(points)} points have the same {name}, {is_target[0]:g}; expected different ones")
    if is_target.min() == is_target.max():
        where = "in" if is_target[0] else "outside"
        raise ValueError(f'all {len(points)} points are {where} the class "{name}"; expected points in and outside it')
    from sklearn.cross_decomposition import PLSRegression

    model = PLSRegression(n_components=2).fit(points, is_target)
    scores = _towards_target(model.transform(points), is_target)
    figure, axes = _new_figure()
    _draw_biplot(figure, axes, scores, is_target, name)
    title = f"PLS of z ({points.shape[1]}D) against {name}, {len(points):,} images"
    axes.set_title(f"{phase}: {title}" if phase else title)
    return _show_and_save(figure, save_path, show)


def _draw_biplot(
    figure: Figure, axes: Axes, scores: NDArray[np.float64], is_target: NDArray[np.float64], name: str
) -> None:
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.patheffects import withStroke

    cloud = axes.scatter(scores[:, 0], scores[:, 1], c=scores[:, 0], s=12, cmap="viridis", linewidths=0)
    figure.colorbar(cloud, ax=axes, label="score on PLS component 1")
    tip = _arrow_tip(scores, is_target)
    arrow = FancyArrowPatch(
        (0, 0),
        tip,
        arrowstyle="simple,head_width=14,head_length=14,tail_width=4",
        fc="white",
        ec=_INK,
        lw=1.5,
        zorder=3,
    )
    axes.add_patch(arrow)
    axes.annotate(
        f"towards {name}",
        xy=tip,
        xytext=(0, 12),
        textcoords="offset points",
        ha="center",
        color=_INK,
        path_effects=[withStroke(linewidth=3, foreground="white")],
        zorder=4,
    )
    axes.set(xlabel="PLS component 1 (score)", ylabel="PLS component 2 (score)")


def _towards_target(scores: NDArray[np.float64], is_target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The scores [N, 2] with signs such that + means the target; a component's sign is arbitrary."""
    covariance = ((is_target - is_target.mean())[:, None] * scores).mean(axis=0)
    return scores * np.where(covariance < 0, -1.0, 1.0)


def _arrow_tip(scores: NDArray[np.float64], is_target: NDArray[np.float64]) -> tuple[float, float]:
    """Where the target's arrow ends: its correlations with the two scores, scaled into the cloud."""
    centred = is_target - is_target.mean()
    spread = np.maximum(scores.std(axis=0), 1e-12)
    correlations = (scores * centred[:, None]).mean(axis=0) / (spread * is_target.std())
    arrow = correlations * spread
    room = np.where(arrow > 0, scores.max(axis=0), -scores.min(axis=0))
    scale = 0.8 * float(np.min(room / np.maximum(np.abs(arrow), 1e-12)))
    return float(scale * arrow[0]), float(scale * arrow[1])


def _as_matrix(z: torch.Tensor, encoding_dims: int | None) -> NDArray[np.float64]:
    points: NDArray[np.float64] = z.detach().cpu().double().numpy()
    if points.ndim != 2 or len(points) == 0:
        raise ValueError(f"z has shape {tuple(z.shape)}; expected latent vectors [N, D], N at least 1")
    if encoding_dims is not None and encoding_dims != points.shape[1]:
        raise ValueError(f"encoding_dims is {encoding_dims}, but z has {points.shape[1]} dimensions; leave it out")
    if not np.isfinite(points).all():
        raise ValueError("z holds NaN or infinite values; expected finite ones: the training diverged, lower lr_max")
    return points


def _subsample(
    points: NDArray[np.float64], max_points: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """At most `max_points` rows, and which."""
    if max_points < 1:
        raise ValueError(f"max_points is {max_points}; expected at least 1")
    rows = np.arange(len(points))
    if len(points) > max_points:
        rows = np.sort(np.random.default_rng(seed).choice(len(points), max_points, replace=False))
    return points[rows], rows


def _goal(
    targets: torch.Tensor, n_points: int, class_names: Sequence[str] | None, target_class: str | None
) -> tuple[NDArray[np.float64], str]:
    """What is fitted, "is of the target class" (0, 1) or the numbers [N], and its name."""
    if targets.is_floating_point():
        if tuple(targets.shape) != (n_points,):
            raise ValueError(
                f"targets have shape {tuple(targets.shape)}; expected ({n_points},), one per latent vector"
            )
        return targets.detach().cpu().double().numpy(), target_class or "target"
    index, name = _target_index(targets, n_points, class_names, target_class)
    return (np.asarray(targets.detach().cpu()) == index).astype(np.float64), name


def _target_index(
    targets: torch.Tensor, n_points: int, class_names: Sequence[str] | None, target_class: str | None
) -> tuple[int, str]:
    """Index and name of the target class."""
    if tuple(targets.shape) != (n_points,):
        raise ValueError(f"targets have shape {tuple(targets.shape)}; expected ({n_points},), one per latent vector")
    names = [str(name) for name in class_names or [f"class {i}" for i in range(int(targets.max()) + 1)]]
    if target_class is None:
        index = min(1, len(names) - 1)
    elif target_class in names:
        index = names.index(target_class)
    else:
        raise ValueError(f'target_class is "{target_class}"; expected one of {", ".join(names)}')
    return index, names[index]


def _new_figure() -> tuple[Figure, Axes]:
    """A figure that belongs to no window and no global state, so that any thread may draw it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 5.5), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def _show_and_save(figure: Figure, save_path: str | Path, show: bool | None) -> Path:
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=_DPI)
    if show is not False:
        _show_inline(picture.getvalue())
    with atomic_path(save_path) as temporary:
        temporary.write_bytes(picture.getvalue())
    return Path(save_path)


def _show_inline(png: bytes) -> None:
    """Display a picture in a notebook; elsewhere do nothing."""
    try:
        ipython = import_module("IPython")
        display = import_module("IPython.display")
    except ImportError:
        return
    if ipython.get_ipython() is not None:
        display.display(display.Image(data=png))

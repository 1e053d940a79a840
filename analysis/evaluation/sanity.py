"""May this attribution map be believed? One verdict for a map, beside maps that know nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.attributions.attribution import Attribution, Measure
from analysis.attributions.baselines import Baseline
from analysis.attributions.call import Progress
from analysis.attributions.inputs import Picture
from analysis.attributions.methods import METHODS
from analysis.attributions.settings import MethodSettings
from analysis.attributions.targets import Target
from analysis.evaluation.faithfulness import measure_deletion, order_for
from analysis.evaluation.heats import as_heat
from analysis.evaluation.map_counter import MapCounter
from analysis.evaluation.sanity_checks import (
    CheckName,
    SanityCheck,
    Verdict,
    check_complete,
    check_inside,
    check_random,
    could_not_run,
    in_words_of,
    judge_checks,
)
from analysis.evaluation.sanity_comparisons import ComparedMaps, SameWay
from analysis.evaluation.sanity_material import SanityMaterial
from xaae_core.errors import AttributionError, XaaeError
from xaae_core.latents import LatentTable
from xaae_core.models.latent_model import LatentModel, SignalModel

__all__ = ["SanityBench", "SanityCheck", "SanityStrip", "Verdict", "check_sanity"]

_DELETION_STEPS, _DELETION_RIVALS = 16, 16


@dataclass(frozen=True, eq=False)
class SanityStrip:
    """What the checks of one map have found, and the maps they looked at.

    Attributes:
        destroyed: the map of a model of which nothing is left; None where none could be made.
        shuffled: the map of a direction fitted to shuffled labels; None where there are no labels, or none fits.
        random: a map that knows nothing: the map itself, moved to a random place [H, W].
        checks: in a fixed order.
        verdict: "believable": all checks that could run are passed, and that of the destroyed model is one of them;
            "fails": the map stays as it is when the model is destroyed or the labels are shuffled; "doubtful":
            anything else.
        sentence: the verdict and why, in one sentence.
    """

    destroyed: Attribution | None
    shuffled: Attribution | None
    random: NDArray[np.float32]
    checks: tuple[SanityCheck, ...]
    verdict: Verdict
    sentence: str

    def __post_init__(self) -> None:
        frozen = self.random.view()
        frozen.setflags(write=False)
        object.__setattr__(self, "random", frozen)

    def check(self, name: str) -> SanityCheck | None:
        """The check of a name; None where it was not asked for."""
        return next((check for check in self.checks if check.name == name), None)

    def measures(self) -> tuple[Measure, ...]:
        """The checks as measures, for `Attribution.with_measures`."""
        return tuple(check.measure() for check in self.checks)


def check_sanity(
    model: LatentModel | SignalModel,
    image: Picture,
    target: Target,
    attribution: Attribution,
    *,
    table: LatentTable | None = None,
    baseline: Baseline | None = None,
    settings: MethodSettings | None = None,
    mask: NDArray[Any] | None = None,
    n_models: int | None = None,
    n_shuffled: int = 2,
    seed: int = 0,
    memory_bytes: int | None = None,
    progress: Progress | None = None,
) -> SanityStrip:
    """Check one map; for several maps of a picture, `SanityBench` makes what they share once.

    Args:
        model: in eval mode; left alone.
        image: the picture [C, H, W] in [0, 1]; a signal [C, T].
        target: what the map explains.
        attribution: the map.
        table: as for `SanityBench`, and so are the other options.
        baseline: that the map was made with.
        settings: that the map was made with.
        mask: of what should be found.
        n_models: models destroyed.
        n_shuffled: shuffled directions.
        seed: of all that is random.
        memory_bytes: as for `attribute`.
        progress: called with (done, all) maps; an exception it raises cancels.

    Raises:
        AttributionError: as `SanityBench` and `SanityBench.check`.
        ImageError: as `SanityBench`.
        ValueError: as `SanityBench` and `SanityBench.check`.
    """
    bench = SanityBench(
        *(model, image, target, table),
        baseline=baseline,
        mask=mask,
        n_models=n_models,
        n_shuffled=n_shuffled,
        seed=seed,
        memory_bytes=memory_bytes,
    )
    return bench.check(attribution, settings=settings, progress=progress)


class SanityBench:
    """Checks maps of one picture and one target; destroyed models and shuffled directions are made once for all.

    A destroyed model keeps as much memory as the weights that the target needs; up to 8 are kept, and 8 larger ones
    where latent shift, which needs the decoder too, is among the methods. For one thread at a time.

    Args:
        model: in eval mode; left alone.
        image: the picture [C, H, W] in [0, 1].
        target: what the maps explain.
        table: latents of the model with labels, for the check with shuffled labels; None: it does not run.
        baseline: that the maps were made with; black if None.
        mask: bool [H, W] of what should be found, for the check "inside"; of a signal also [T]; None: it is left out.
        n_models: models destroyed at each of two depths (all layers; all but the one that sees the picture). None: 4
            for methods of at most 8 forward passes, 2 for longer ones and for models of more than 64 MiB of weights.
        n_shuffled: shuffled directions.
        seed: of weights, shuffles and random places.
        memory_bytes: as for `attribute`.

    Raises:
        AttributionError: a model in training mode, or an unknown target.
        ImageError: a picture that is not the model's.
        ValueError: fewer than one model or direction.
    """

    def __init__(
        self,
        model: LatentModel | SignalModel,
        image: Picture,
        target: Target,
        table: LatentTable | None = None,
        *,
        baseline: Baseline | None = None,
        mask: NDArray[Any] | None = None,
        n_models: int | None = None,
        n_shuffled: int = 2,
        seed: int = 0,
        memory_bytes: int | None = None,
    ) -> None:
        self._shared = SanityMaterial(model, image, target, table, n_models=n_models, n_shuffled=n_shuffled, seed=seed)
        self._baseline, self._mask, self._memory = baseline, mask, memory_bytes

    def check(
        self,
        attribution: Attribution,
        method: str | None = None,
        settings: MethodSettings | None = None,
        *,
        progress: Progress | None = None,
    ) -> SanityStrip:
        """Check one map.

        Args:
            attribution: of this model, picture and target.
            method: that made it; the attribution's own if None.
            settings: that it was made with: all maps are made alike, down to what the method draws.
            progress: called with (done, all) maps; an exception it raises cancels.

        Raises:
            AttributionError: a map of another picture size or target, or numbers that are not finite.
            ValueError: an unknown method, or settings out of range.
        """
        heat = as_heat(attribution.map, (self._shared.pixels.shape[1], self._shared.pixels.shape[2]))
        if attribution.target != self._shared.target.name:
            raise AttributionError(
                f"the map explains the {attribution.target}, this bench checks maps of the {self._shared.target.name}: "
                "make a bench for each target"
            )
        name = method or attribution.method
        if name not in METHODS:
            raise ValueError(f'method is "{name}"; expected one of {", ".join(METHODS)}')
        if not np.ptp(heat):
            return _nothing_to_see(attribution)
        return self._checked(attribution, name, settings or MethodSettings(), progress)

    def _checked(
        self, attribution: Attribution, method: str, settings: MethodSettings, progress: Progress | None
    ) -> SanityStrip:
        shared = self._shared
        n_models = shared.n_models(method, settings)
        counter = MapCounter(2 * n_models + shared.n_shuffled + 2, progress)
        way = SameWay(method, settings, self._baseline, self._memory, counter.alive)
        compared = ComparedMaps(shared, attribution, n_models, way, counter)
        checks: list[SanityCheck] = [
            _attempt("destroyed", compared.check_destroyed),
            _attempt("shuffled", compared.check_shuffled),
            _attempt("random", lambda: self._check_random(attribution, method, counter)),
        ]
        complete = check_complete(attribution)
        checks += [] if complete is None else [complete]
        if self._mask is not None:
            mask = self._mask
            checks.append(_attempt("inside", lambda: check_inside(attribution, mask)))
        counter.finish()
        checks = [in_words_of(shared.model, check) for check in checks]
        return SanityStrip(
            compared.destroyed, compared.shuffled, shared.moved(attribution.map), tuple(checks), *judge_checks(checks)
        )

    def _check_random(self, attribution: Attribution, method: str, counter: MapCounter) -> SanityCheck:
        shared = self._shared
        curve = measure_deletion(
            *(shared.model, shared.pixels, shared.target, attribution.map),
            baseline=self._baseline,
            order=order_for(method, shared.target),
            n_steps=min(_DELETION_STEPS, attribution.map.size),
            n_random=_DELETION_RIVALS,
            seed=shared.seed,
            memory_bytes=self._memory,
            progress=counter.alive,
        )
        counter.add(1)
        return check_random(curve)


def _attempt(name: CheckName, check: Callable[[], SanityCheck]) -> SanityCheck:
    """A check, or why it could not run."""
    try:
        return check()
    except XaaeError as error:
        return could_not_run(name, str(error))


def _nothing_to_see(attribution: Attribution) -> SanityStrip:
    names: tuple[CheckName, ...] = ("destroyed", "shuffled", "random")
    checks = tuple(could_not_run(name, "the map is the same everywhere") for name in names)
    sentence = "This map says nothing: it is the same everywhere."
    return SanityStrip(None, None, attribution.map, checks, "doubtful", sentence)

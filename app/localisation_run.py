"""Localises every method on the pictures of a data folder that have masks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.evaluation.localisation import Localisation, Sign, centred_disc, measure_localisation
from analysis.evaluation.localisation_table import CENTRED_BAR, CENTRED_DISC, RANDOM, USUAL_PLACE, LocalisedMap
from analysis.evaluation.reference_maps import centred_bar, smooth_random_maps
from app.localisation_data import Outlined, read_outlined
from xaae_core.errors import CaseError, MaskError
from xaae_core.signal_form import signal_form_of

if TYPE_CHECKING:
    from analysis.attributions import Attribution, Baseline, MethodSettings, Target
    from app.localisation_rows import LocalisationRows
    from xaae_core.checkpoints import Checkpoint
    from xaae_core.data.dataset import ImageDataset
    from xaae_core.data.recipes import CaseRecipe

_AT_ONCE = 16
_N_RANDOM = 8

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class LocalisationPlan:
    """What is run, and how it is measured.

    Attributes:
        model: the opened checkpoint.
        recipe: how its pictures are read.
        targets: by the name that rows carry.
        methods: of each target.
        settings: of the methods.
        baseline_of: what a picture is compared with.
        sign: see `measure_localisation`.
        fixed_share: likewise; also the disc's, or the bar's.
        tolerance: likewise.
        place: where masks usually are [H, W]; None where the training part has none.
        memory_bytes: what a pass may take.
    """

    model: Checkpoint
    recipe: CaseRecipe
    targets: Mapping[str, Target]
    methods: Mapping[str, Sequence[str]]
    settings: MethodSettings
    baseline_of: Callable[[NDArray[np.float32]], Baseline]
    sign: Sign
    fixed_share: float
    tolerance: float
    place: NDArray[np.float32] | None
    memory_bytes: int | None = None

    @property
    def n_maps(self) -> int:
        """Maps that are made of each picture."""
        return sum(len(methods) for methods in self.methods.values())

    @property
    def is_along_time(self) -> bool:
        """Whether the pictures are signals [C, T]: nothing is near in another channel."""
        return signal_form_of(self.model.model) is not None

    @property
    def middle(self) -> str:
        """The reference that knows only where pictures are aimed."""
        return CENTRED_BAR if self.is_along_time else CENTRED_DISC

    @property
    def references(self) -> tuple[str, ...]:
        """The maps that do not look at the picture."""
        return (self.middle, RANDOM) if self.place is None else (self.middle, USUAL_PLACE, RANDOM)

    def measure(self, heat: NDArray[Any], mask: NDArray[np.bool_]) -> Localisation:
        """Hold a map against a mask as the plan says."""
        return measure_localisation(
            heat,
            mask,
            sign=self.sign,
            fixed_share=self.fixed_share,
            tolerance=self.tolerance,
            along_time=self.is_along_time,
        )


def run_localisation(
    plan: LocalisationPlan,
    dataset: ImageDataset,
    rows: Sequence[int],
    kept: LocalisationRows,
    *,
    left_out: dict[str, str],
    progress: Progress | None = None,
) -> None:
    """Measure every method of every target on the pictures; what `kept` has already is not made again.

    Args:
        plan: what to run.
        dataset: the data.
        rows: of the pictures.
        kept: takes each result as soon as there is one: what it was given outlasts a cancel.
        left_out: takes, by id, why a picture was left out.
        progress: called with (done, all) maps; an exception it raises cancels.
    """
    n_all, done = len(rows) * plan.n_maps, 0
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        cases = list(
            _readable(plan, dataset, [row for row in part if _is_open(plan, dataset.ids[row], kept)], left_out)
        )
        for case in cases:
            _measure_references(plan, case, kept)
        for name in plan.targets:
            for method in plan.methods[name]:
                _measure_method(plan, name, method, cases, kept)
                done += len(part)
                if progress is not None:
                    progress(done, n_all)


def digest_of(plan: LocalisationPlan, dataset: ImageDataset, words: Mapping[str, Any]) -> str:
    """A name for everything that a line of `pictures.csv` depends on: two runs may share lines if it is the same."""
    masks = [(str(path), *_stamp(path)) for path in dataset.masks if path is not None]
    parts = {
        **words,
        "checkpoint": plan.model.sha256,
        "data": dataset.fingerprint,
        "masks": masks,
        "settings": repr(replace(plan.settings, segments=None)),
        "sign": plan.sign,
        "fixed_share": plan.fixed_share,
        "tolerance": plan.tolerance,
        "place": None if plan.place is None else _digest(plan.place),
        "middle": plan.middle,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def target_digests(plan: LocalisationPlan) -> dict[str, str]:
    """A name for what each target means: two directions of one name may have been fitted to different cases."""
    from analysis.attributions import DirectionScore

    vectors = {
        name: (target.direction.vector, target.direction.scale)
        for name, target in plan.targets.items()
        if isinstance(target, DirectionScore)
    }
    return {name: _digest(np.append(*vectors[name]))[:8] if name in vectors else "0" for name in plan.targets}


def _digest(numbers: NDArray[Any]) -> str:
    return hashlib.sha256(numbers.tobytes()).hexdigest()


def _stamp(path: Path) -> tuple[int, int]:
    from xaae_core.data.frames import split_frame

    status = split_frame(path).file.stat()
    return status.st_size, status.st_mtime_ns


def _is_open(plan: LocalisationPlan, case_id: str, kept: LocalisationRows) -> bool:
    """Whether anything of a picture is left to do."""
    wanted = [(method, name) for name in plan.targets for method in plan.methods[name]]
    wanted += [(name, "") for name in plan.references]
    return not all(kept.has(case_id, method, target) for method, target in wanted)


def _readable(
    plan: LocalisationPlan, dataset: ImageDataset, rows: Sequence[int], left_out: dict[str, str]
) -> Iterator[Outlined]:
    for row in rows:
        try:
            yield read_outlined(dataset, row, plan.recipe)
        except (CaseError, MaskError) as error:
            left_out[dataset.ids[row]] = str(error)


def _measure_references(plan: LocalisationPlan, case: Outlined, kept: LocalisationRows) -> None:
    """Maps that have not looked at the picture, each once."""
    shape = (case.mask.shape[0], case.mask.shape[1])
    middle = (centred_bar if plan.is_along_time else centred_disc)(shape, plan.fixed_share)
    maps: dict[str, Sequence[NDArray[np.float32]]] = {plan.middle: [middle]}
    if plan.place is not None:
        maps[USUAL_PLACE] = [plan.place]
    if not kept.has(case.id, RANDOM, ""):
        of_picture = int.from_bytes(hashlib.sha256(case.id.encode()).digest()[:8], "big")
        rng = np.random.default_rng([plan.settings.seed, of_picture])
        maps[RANDOM] = list(smooth_random_maps(shape, _N_RANDOM, rng=rng, along_time=plan.is_along_time))
    for name, heats in maps.items():
        if not kept.has(case.id, name, ""):
            kept.add(LocalisedMap.of(case.id, name, "", [plan.measure(heat, case.mask) for heat in heats]))


def _measure_method(
    plan: LocalisationPlan, name: str, method: str, cases: Sequence[Outlined], kept: LocalisationRows
) -> None:
    from analysis.attributions import attribute_batch

    todo = [case for case in cases if not kept.has(case.id, method, name)]
    if not todo:
        return

    def keep(place: int, found: Attribution) -> None:
        case = todo[place]
        kept.add(LocalisedMap.of(case.id, method, name, [plan.measure(found.map, case.mask)]))

    attribute_batch(
        *(plan.model.model, [case.pixels for case in todo], plan.targets[name]),
        method=method,
        baselines=[plan.baseline_of(case.pixels) for case in todo],
        settings=plan.settings,
        memory_bytes=plan.memory_bytes,
        keep=keep,
    )

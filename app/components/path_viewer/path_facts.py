"""What is known of a path, whatever it is of: its steps, and for each what the model says and how far to believe it."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from xaae_core.errors import XaaeError

TrustLevel = Literal["good", "caution", "poor"]
_Scalar = TypeVar("_Scalar", bound=np.generic)


class PathPayloadError(XaaeError):
    """A traversal cannot be shown: a shape, a type or a value does not fit."""


class StepTrust(NamedTuple):
    """How far one step may be believed.

    Attributes:
        level: "good", "caution" or "poor".
        sentence: what is known about this step, in plain words.
    """

    level: TrustLevel
    sentence: str


@dataclass(frozen=True, eq=False, kw_only=True)
class PathFacts:
    """The steps of a path through the latent space and the words beside them. Arrays are kept as read-only views.

    Attributes:
        path_id: names the path; payloads with the same name and steps are merged in the browser. Must change with
            the model, the case, the direction, the range, the seed: with everything that changes a frame.
        steps: positions along the direction in standard deviations (SD), [K], strictly increasing, 0 among them.
        class_name: the class that "+" leads to.
        computed: which steps are there, bool [K]; the step at 0 must be. None: all.
        probabilities: of ``class_name`` at each step, [K] in [0, 1], NaN where not computed. None: no classifier.
        value_range: of a model of numbers, the numbers (low, high) that 0 and 1 of `probabilities` stand for, in the
            target's units; None of a classifier.
        achieved: score along the direction after re-encoding, [K] in SD, NaN where not computed. None: not known.
        trust: one StepTrust, or None where not computed, for each step. None: not known.
        flip: where the decision changes, in SD. None: it does not, or is not known.
        towards: words for the right end; None: "towards <class_name>".
        away: words for the left end; None: "away from <class_name>".
        caption: a line under the original, such as the case's id and label.

    Raises:
        PathPayloadError: naming what does not fit, what was expected and what to do.
    """

    path_id: str
    steps: NDArray[np.float64]
    class_name: str
    computed: NDArray[np.bool_] | None = None
    probabilities: NDArray[np.float64] | None = None
    achieved: NDArray[np.float64] | None = None
    trust: Sequence[StepTrust | None] | None = None
    flip: float | None = None
    towards: str | None = None
    away: str | None = None
    caption: str = ""
    value_range: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if not self.path_id:
            raise PathPayloadError("path_id is empty; pass a name that changes with everything that changes a frame")
        steps = _checked_steps(self.steps)
        self._set("steps", steps)
        self._set("computed", _checked_computed(self.computed, steps, self.origin))
        for name, low, high in (("probabilities", 0.0, 1.0), ("achieved", -np.inf, np.inf)):
            values = getattr(self, name)
            if values is not None:
                self._set(name, _checked_numbers(name, values, len(steps), low=low, high=high))
        if self.trust is not None:
            self._set("trust", _checked_trust(self.trust, len(steps)))
        if self.value_range is not None and not self.value_range[0] < self.value_range[1]:
            raise PathPayloadError(f"value_range is {self.value_range}; expected two rising numbers, or None")
        if self.flip is not None and not np.isfinite(self.flip):
            raise PathPayloadError(f"flip is {self.flip}; expected a number of SD, or None where there is no flip")

    @property
    def origin(self) -> int:
        """Index of the step at 0 SD."""
        return int(np.abs(self.steps).argmin())

    @property
    def is_computed(self) -> NDArray[np.bool_]:
        """Which steps are there, bool [K]."""
        assert self.computed is not None  # __post_init__ fills it
        return self.computed

    @cached_property
    def fingerprint(self) -> str:
        """Digest of everything that is drawn; equal payloads have equal fingerprints."""
        digest = hashlib.blake2b(digest_size=16)
        digest.update(json.dumps(self.words(), sort_keys=True).encode())
        for values in self._drawn():
            digest.update(repr(values.shape).encode())
            digest.update(np.ascontiguousarray(values).data)
        return digest.hexdigest()

    def words(self) -> dict[str, object]:
        """Everything but the frames, as JSON-ready values (NaN becomes None)."""
        trust = None if self.trust is None else [None if t is None else list(t) for t in self.trust]
        return {
            "path_id": self.path_id,
            "steps": self.steps.tolist(),
            "origin": self.origin,
            "computed": self.is_computed.tolist(),
            "probabilities": _json_numbers(self.probabilities),
            "value_range": None if self.value_range is None else list(self.value_range),
            "achieved": _json_numbers(self.achieved),
            "trust": trust,
            "flip": self.flip,
            "class_name": self.class_name,
            "towards": self.towards or f"towards {self.class_name}",
            "away": self.away or f"away from {self.class_name}",
            "caption": self.caption,
        }

    def _drawn(self) -> Iterable[NDArray[Any]]:
        """The frames that are there."""
        raise NotImplementedError

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)  # the dataclass is frozen; this is its own construction


def read_only(values: NDArray[_Scalar]) -> NDArray[_Scalar]:
    """A view of an array that cannot be written to."""
    view = values.view()
    view.flags.writeable = False
    return view


def _json_numbers(values: NDArray[np.float64] | None) -> list[float | None] | None:
    if values is None:
        return None
    return [float(v) if np.isfinite(v) else None for v in values]


def _checked_steps(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    values = np.asarray(steps, dtype=np.float64)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise PathPayloadError(f"steps have shape {values.shape}; expected two or more finite numbers of SD, [K]")
    if (np.diff(values) <= 0).any():
        raise PathPayloadError(f"steps {values.tolist()} are not strictly increasing; sort them and drop repeats")
    if np.abs(values).min() > 1e-6:
        raise PathPayloadError(f"steps {values.tolist()} have no 0; add it: the change is measured from there")
    return read_only(values)


def _checked_computed(computed: NDArray[np.bool_] | None, steps: NDArray[np.float64], origin: int) -> NDArray[np.bool_]:
    values = np.ones(len(steps), dtype=np.bool_) if computed is None else np.asarray(computed)
    if values.dtype != np.bool_ or values.shape != steps.shape:
        raise PathPayloadError(f"computed is {values.dtype} {values.shape}; expected bool {steps.shape}")
    if not values[origin]:
        raise PathPayloadError("the step at 0 is not computed; decode it first: the change is measured from there")
    return read_only(values)


def _checked_numbers(
    name: str, numbers: NDArray[np.float64], n_steps: int, *, low: float, high: float
) -> NDArray[np.float64]:
    values = np.asarray(numbers, dtype=np.float64)
    if values.shape != (n_steps,):
        raise PathPayloadError(f"{name} has shape {values.shape}; expected one number a step, ({n_steps},)")
    present = values[np.isfinite(values)]
    if ((present < low) | (present > high)).any():
        raise PathPayloadError(f"{name} runs from {present.min()} to {present.max()}; expected {low} to {high}")
    return read_only(values)


def _checked_trust(trust: Sequence[StepTrust | None], n_steps: int) -> tuple[StepTrust | None, ...]:
    marks = tuple(None if mark is None else StepTrust(*mark) for mark in trust)
    if len(marks) != n_steps:
        raise PathPayloadError(f"trust has {len(marks)} entries; expected one a step, {n_steps}")
    for mark in marks:
        if mark is not None and mark.level not in get_args(TrustLevel):
            raise PathPayloadError(f"trust level is {mark.level!r}; expected one of {', '.join(get_args(TrustLevel))}")
    return marks

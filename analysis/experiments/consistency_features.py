"""Does masking the features that a method calls important move the representation further than masking others?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from analysis.evaluation.bootstrap import bootstrap_interval
from analysis.examples.steps import Progress, Steps
from analysis.experiments.curves import Curve, CurveFigure, draw_curves
from analysis.experiments.feature_maps import METHODS, REFERENCES, encode_all, hide_most_important
from analysis.experiments.words import listed, told, words_of
from analysis.figures.formats import Format

Floats = NDArray[np.float64]
ALL_METHODS = (*METHODS, *REFERENCES)
SHARES = (0.05, 0.1, 0.2, 0.5, 0.8, 1.0)
MENDED = (
    "GradientShap explains each copy of a picture with that picture's own representation (lfxai pairs the copies of a "
    "batch with other pictures')",
    "the network is explained in evaluation mode and is the same afterwards",
    "no test case is used to choose the epoch: the number of epochs is fixed",
    "intervals are over cases, not over batches of unequal size",
    'beside the random order stands "contrast", the distance from the baseline, which knows nothing of the network',
)  # fmt: skip
_RESAMPLES = 1000


@dataclass(frozen=True)
class Advantage:
    """How many times as far as another map's a map's features move the representation.

    Attributes:
        ratio: of the mean shifts; above 1 is further.
        low: 2.5 % of it over resampled cases.
        high: 97.5 %.
    """

    ratio: float
    low: float
    high: float

    @property
    def is_better(self) -> bool:
        """Further, and not by the choice of the cases."""
        return self.low > 1


@dataclass(frozen=True, eq=False)
class FeatureConsistency:
    """Shifts of the representation by method, run, share and case.

    Attributes:
        methods: M names; "random" is among them.
        shares: of the features that were masked [K].
        shifts: squared distances ‖f(x̃) − f(x)‖² [M, R, K, N].
        data: name of the data.
        feature: "pixels" or "time steps".
    """

    methods: tuple[str, ...]
    shares: tuple[float, ...]
    shifts: Floats
    data: str = ""
    feature: str = "pixels"

    def advantage(self, method: str, other: str = "random", share: float | None = None) -> Advantage:
        """A method's shifts against another's, at one share or over all below 1, where they are equal by definition."""
        mine, theirs = (self._by_case(name, share) for name in (method, other))

        def ratio(first: Floats, second: Floats) -> float:
            below = float(second.mean())
            return float(first.mean()) / below if below > 0 else float("nan")

        return Advantage(ratio(mine, theirs), *bootstrap_interval(ratio, mine, theirs, n=_RESAMPLES, seed=0))

    def rows(self) -> list[dict[str, Any]]:
        """One row for each method, share and run, then the mean of the runs with its interval over cases."""
        return list(self._rows)

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        found = []
        for m, method in enumerate(self.methods):
            for k, share in enumerate(self.shares):
                for r, values in enumerate(self.shifts[m, :, k]):
                    found.append(self._row(method, share, str(r), values))
                found.append(self._row(method, share, "all", self.shifts[m, :, k].mean(axis=0)))
        return found

    def sentences(self) -> list[str]:
        """What was found, in words."""
        asked = [name for name in self.methods if name not in REFERENCES]
        against = {name: self.advantage(name) for name in asked}
        better = [words_of(name) for name, found in against.items() if found.is_better]
        named = f" ({listed(better)})" if better else ""
        lines = [
            f"{len(better)} of {len(asked)} methods move the representation further than random {self.feature}{named}: "
            f"{_times(against)}"
        ]
        if "contrast" in self.methods:
            first = self.shares[0]
            harder = {name: self.advantage(name, "contrast", first) for name in asked}
            lines.append(
                f"against contrast alone, which never saw the network, with {first:.0%} masked: {_times(harder)}"
            )
        return lines

    def draw(self, form: Format = "png") -> bytes:
        """Shift against share, one line a method, with its 95 % interval over cases."""
        rows = [row for row in self._rows if row["run"] == "all"]
        curves = []
        for number, method in enumerate(self.methods):
            own = [row for row in rows if row["method"] == method]
            curves.append(
                Curve(
                    words_of(method),
                    np.array([0.0, *self.shares]),
                    np.array([0.0, *(row["shift"] for row in own)]),
                    np.array([0.0, *(row["low"] for row in own)]),
                    np.array([0.0, *(row["high"] for row in own)]),
                    colour=number,
                    style="dashed" if method in REFERENCES else "solid",
                )
            )
        return draw_curves(
            CurveFigure(
                curves,
                f"most important {self.feature} masked (%)",
                "squared shift of the representation",
                f"{self.data}: does masking what is called important matter?",
            ),
            form,
        )

    def _by_case(self, method: str, share: float | None) -> Floats:
        m = self.methods.index(method)
        chosen = [k for k, each in enumerate(self.shares) if (each < 1 if share is None else each == share)]
        return self.shifts[m][:, chosen].mean(axis=(0, 1))

    def _row(self, method: str, share: float, run: str, values: Floats) -> dict[str, Any]:
        low, high = bootstrap_interval(lambda a, _: float(a.mean()), values, values, n=_RESAMPLES, seed=0)
        return {"method": method, "share": share, "run": run, "shift": float(values.mean()), "low": low, "high": high,
                "cases": len(values)}  # fmt: skip


def measure_shifts(
    encoder: nn.Module,
    inputs: Tensor,
    maps: Mapping[str, NDArray[Any]],
    *,
    baseline: Tensor,
    shares: Sequence[float] = SHARES,
    device: Any = "cpu",
    progress: Progress | None = None,
) -> Floats:
    """How far masking moves each representation: ‖f(x̃) − f(x)‖² [M, K, N].

    Args:
        encoder: from inputs to representations; on `device`.
        inputs: [N, …].
        maps: importance [N, …] by name of the method.
        baseline: what replaces a masked feature, [1, …].
        shares: of the most important features.
        device: where to compute.
        progress: called with (maps and shares done, all).

    Source: Crabbé & van der Schaar 2022, section 4.1.
    """
    whole = encode_all(encoder, inputs, device=device)
    steps = Steps(progress, len(maps) * len(shares))
    found = np.zeros((len(maps), len(shares), len(inputs)))
    for m, importance in enumerate(maps.values()):
        for k, share in enumerate(shares):
            masked = hide_most_important(inputs, importance, share, baseline=baseline)
            found[m, k] = (encode_all(encoder, masked, device=device) - whole).double().square().sum(dim=1).numpy()
            steps.advance(1)
    return found


def _times(found: Mapping[str, Advantage]) -> str:
    return "; ".join(
        f"{words_of(name)} {told(each.ratio, each.low, each.high)} times as far" for name, each in found.items()
    )

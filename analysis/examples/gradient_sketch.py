"""Long gradients as short ones whose inner products are the same on average: a random projection that costs a glance.

Every parameter is given one of k places and a sign by chance, and a gradient's numbers are added up there. The P × k
matrix of this projection, which has one ±1 in each row, is never written down: P whole numbers say it all.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

DEFAULT_LENGTH = 4096


class GradientSketch:
    """A count sketch S: ⟨Sx, Sy⟩ is ⟨x, y⟩ on average.

    Its variance is (‖x‖²‖y‖² + ⟨x, y⟩² − 2 Σ xᵢ²yᵢ²) / k: about ‖x‖‖y‖/√k of standard error, at most √2 times that.

    Args:
        n_parameters: P.
        length: k.
        seed: of the places and signs.
        device: where gradients are.

    Source: Charikar, Chen & Farach-Colton 2002; Weinberger et al. 2009 for inner products; Park et al. 2023 (TRAK) for
        projected gradients of training cases.
    """

    def __init__(
        self,
        n_parameters: int,
        *,
        length: int = DEFAULT_LENGTH,
        seed: int = 0,
        device: str | torch.device = "cpu",
    ) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.length = length
        # Below k the place of a plus, from k on that of a minus.
        self._places = torch.randint(2 * length, (n_parameters,), generator=generator, dtype=torch.int32).to(device)

    @property
    def relative_error(self) -> float:
        """Standard error of an inner product as a share of the two lengths' product: 1/√k."""
        return 1 / math.sqrt(self.length)

    def project(self, rows: Tensor, *, start: int = 0) -> Tensor:
        """The gradients [B, n] of parameters `start` to `start` + n, projected [B, k]; parts of one gradient add up."""
        both = rows.new_zeros(len(rows), 2 * self.length)
        places = self._places[start : start + rows.shape[1]]
        for sums, row in zip(both, rows, strict=True):  # the same numbers as all rows at once, in a fifth of the time
            sums.index_add_(0, places, row)
        return both[:, : self.length] - both[:, self.length :]

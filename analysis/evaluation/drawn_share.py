"""How much of what tells cases apart is there again when they are drawn from z alone."""

from __future__ import annotations

import math

import numpy as np
import torch

from xaae_core.data.images import to_tensor
from xaae_core.data.recipes import CaseRecipe
from xaae_core.errors import CaseError
from xaae_core.latents import LatentTable
from xaae_core.models.latent_model import LatentModel
from xaae_core.models.signal_pictures import as_picture_model

DRAWN_SHARE = "drawn_share"
"""What the figure is called in a card, after the split's name."""
MOST_CASES = 256


def measure_drawn_share(
    model: LatentModel, table: LatentTable, recipe: CaseRecipe, *, split: str, batch_size: int = 32
) -> float:
    """Share of the variance around the average case that the decoded cases keep, of the first 256 cases of a split.

    1: every case is drawn as it is; 0 or less: no nearer to it than the average case is, so that moving z may show
    nothing of the cases. It is the coefficient of determination over all pixels or samples, 1 − Σ(x − x̂)² ÷ Σ(x − x̄)²,
    with x̄ the average case of the split; no skip connection is used.

    Args:
        model: one with a decoder, in eval mode.
        table: where the model puts the cases.
        recipe: how the cases are read for the model.
        split: "train", "valid" or "test".
        batch_size: cases decoded at a time.

    Returns:
        The share; NaN where nothing tells cases apart: fewer than two can be read, or all are equal.
    """
    rows, cases = _read(table, recipe, split)
    if not cases or all(torch.equal(case, cases[0]) for case in cases):
        return math.nan
    original = torch.stack(cases)
    whole = float((original - original.mean(dim=0)).double().square().sum())
    model = as_picture_model(model)
    device = next((p.device for p in getattr(model, "parameters", lambda: iter(()))()), torch.device("cpu"))
    left = 0.0
    with torch.inference_mode():
        for start in range(0, len(rows), batch_size):
            z = torch.from_numpy(table.z[rows[start : start + batch_size]]).to(device)
            left += float((model.decode(z).cpu() - original[start : start + batch_size]).double().square().sum())
    return 1 - left / whole


def _read(table: LatentTable, recipe: CaseRecipe, split: str) -> tuple[list[int], list[torch.Tensor]]:
    """Rows of the split and their cases [C, H, W], those that can be read."""
    rows, cases = [], []
    for row in np.flatnonzero(table.split == split)[:MOST_CASES].tolist():
        try:
            cases.append(to_tensor(recipe.read(str(table.paths[row]))))
        except CaseError:
            continue  # it was there when z was extracted; a gap more does not change the figure
        rows.append(row)
    return rows, cases

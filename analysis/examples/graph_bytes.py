"""What a backward pass keeps of one case."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from analysis.examples.model_twin import differentiating


def count_graph_bytes(run: Callable[[], Tensor]) -> int:
    """Bytes that are kept of a case between a pass forward and its pass backward; at least 1.

    Args:
        run: runs the model on one case, with a graph.
    """
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        if tensor.shape[:1] == (1,):  # of the case, not of the weights
            kept[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor

    with differentiating(), torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        run()
    return max(1, sum(kept.values()))

"""Example-based explanations under the names of Label-Free XAI (`lfxai`), and right where it is wrong.

As there, `attribute` and `attribute_loader` return a tensor [N_test, N_train]. Otherwise than there every explained
case gets its row, whatever the batch size; a loader may have batches of any size, is read once, and each of its cases
counts as one; checkpoints are read once and never unpickled blindly; nothing is written to `save_dir`; the model is
left as it was; what is returned carries no graph.

Source: Crabbé & van der Schaar 2022; the interface of lfxai 0.1.1.
"""

from analysis.examples.lfxai_base import ExampleBasedExplainer
from analysis.examples.lfxai_gradients import InfluenceFunctions, TracIn
from analysis.examples.lfxai_representations import NearestNeighbours, SimplEx

__all__ = ["ExampleBasedExplainer", "InfluenceFunctions", "NearestNeighbours", "SimplEx", "TracIn"]

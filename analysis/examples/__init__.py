"""Which training cases stand behind what a model says of a case."""

from analysis.examples.importance import ExampleImportance
from analysis.examples.nearest import METRICS, NearestExamples, find_nearest

__all__ = ["METRICS", "ExampleImportance", "NearestExamples", "find_nearest"]

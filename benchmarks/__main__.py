"""`python -m benchmarks [NAME …]`: run the benchmarks and print one table."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import warnings

import streamlit
import torch

from benchmarks.browser import NoBrowserError
from benchmarks.comparison import Comparison
from benchmarks.table import format_table

NAMES = (
    "decoding",
    "similarity",
    "maps",
    "input_pipeline",
    "epoch_overhead",
    "slider",
    "start",
    "examples",
    "scatter",
    "attributions",
    "family",
    "figures",
)


def main() -> None:
    """Run what was asked for; a benchmark that needs a browser is left out, and named, where there is none."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)}; all if left out")
    parser.add_argument("--quick", action="store_true", help="few repetitions, to see that everything runs")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(NAMES))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; expected {', '.join(NAMES)}")
    print(surroundings())
    comparisons: list[Comparison] = []
    left_out = []
    for name in arguments.names or NAMES:
        print(f"{name} …", flush=True)
        try:
            comparisons += run_one(name, is_quick=arguments.quick)
        except NoBrowserError as error:
            left_out.append(f"left out: {name}: {error}")
    print("", *left_out, f"load at the end: {load()}", "", sep="\n")
    if comparisons:
        print(format_table(comparisons))


def run_one(name: str, *, is_quick: bool = False) -> list[Comparison]:
    """The comparisons of one file of this folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # random weights are what is meant here
        comparisons: list[Comparison] = importlib.import_module(f"benchmarks.{name}").run(is_quick=is_quick)
    return comparisons


def surroundings() -> str:
    """What the figures depend on."""
    return (
        f"{platform.machine()}, {os.cpu_count()} CPUs, load {load()}; Python {platform.python_version()}, "
        f"torch {torch.__version__}, Streamlit {streamlit.__version__}"
    )


def load() -> str:
    """The load of the last minute; of a busy machine only the ratios are worth reading."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "not known"


if __name__ == "__main__":
    main()

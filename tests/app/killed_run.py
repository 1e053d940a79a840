"""`killed_run.py FOLDER KILLS SEED` runs a whole training FOLDER/whole unharmed and FOLDER/killed under kills."""

import json
import sys
import warnings
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import killing
import matplotlib.pyplot  # noqa: F401  what a life would import is here already
import pyarrow.parquet  # noqa: F401
import scipy.stats  # noqa: F401
import sklearn.manifold  # noqa: F401
import torch

import analysis.evaluation.quality
import analysis.evaluation.verdict  # noqa: F401
import xaae_core.training.finishing
import xaae_core.training.train  # noqa: F401
from app.training.run import run_training
from tests.app.cli_folders import write_pictures
from tests.app.training_jobs import tiny_request
from xaae_core.data.dataset import check_images


def main(folder: Path, n_kills: int, seed: int) -> None:
    request = tiny_request()
    dataset = check_images(request.read_data(write_pictures(folder / "squares", per_class=16)))

    def train(out: Path, on_batch: Callable[[Any], None]) -> None:
        run_training(dataset, out / "run", request, on_batch=on_batch)

    events = killing.train_unharmed(train, folder / "whole")
    kills = killing.train_killed(train, folder / "killed", events, n_kills=n_kills, seed=seed)
    print(json.dumps([asdict(kill) for kill in kills]))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))

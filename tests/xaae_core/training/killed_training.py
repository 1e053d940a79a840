"""`killed_training.py FOLDER KILLS SEED` trains FOLDER/whole unharmed and FOLDER/killed under kills, told as JSON."""

import json
import sys
import warnings
from dataclasses import asdict
from pathlib import Path

import killing
import matplotlib.pyplot  # noqa: F401  what a life would import is here already
import pyarrow.parquet  # noqa: F401
import scipy.stats  # noqa: F401
import sklearn.cross_decomposition
import sklearn.metrics  # noqa: F401
import tiny_training
import torch


def train(folder, on_batch):
    """As many epochs as kills, so that most cost one epoch."""
    settings = {"epochs_adv": 6, "epochs_ae": 6, "epochs_classif": 6, "save_pls": True, "extract_latent": True}
    tiny_training.train(folder, on_batch=on_batch, progress_bar=False, **settings)


def main(folder, n_kills, seed):
    events = killing.train_unharmed(train, folder / "whole")
    kills = killing.train_killed(train, folder / "killed", events, n_kills=n_kills, seed=seed)
    print(json.dumps([asdict(kill) for kill in kills]))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))

"""`killed_autoencoder.py FOLDER` trains a small VAE into FOLDER/whole, and into FOLDER/killed with a SIGKILL.

Each life is a process that a parent forks which has imported everything and computed nothing.
"""

import os
import signal
import sys
import warnings
from pathlib import Path

import pyarrow.parquet  # noqa: F401  what a life would import is here already
import tiny_training
import torch

from xaae_core.models.catalogue import build_catalogued
from xaae_core.training.train_autoencoder import train_autoencoder


def train(folder, kill=None):
    torch.manual_seed(0)
    model = build_catalogued("vae", size=32, channels=1, dims=3, beta=2.0)

    def end(batch):
        if (batch.epoch, batch.batch) == kill:
            os.kill(os.getpid(), signal.SIGKILL)

    options = {"models_dir": folder, "save_pls": False, "save_tsne": False, "progress_bar": False}
    train_autoencoder(model, tiny_training.make_dls(), 4, on_batch=end, **options)


def live(folder, kill=None):
    """The signal that ended a life; 0 for none."""
    process = os.fork()
    if process == 0:
        train(folder, kill)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    whole, killed = (Path(sys.argv[1]) / name for name in ("whole", "killed"))
    assert live(whole) == 0
    assert live(killed, (3, 2)) == -signal.SIGKILL
    assert len((killed / "history.csv").read_text().splitlines()) == 3
    assert live(killed) == 0

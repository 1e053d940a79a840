"""`killed_autoencoder.py FOLDER KILL` trains a small VAE into a folder; with KILL it ends itself with SIGKILL.

KILL is "epoch.batch"; "" trains to the end.
"""

import os
import signal
import sys
import warnings

import tiny_training
import torch

from xaae_core.models.catalogue import build_catalogued
from xaae_core.training.train_autoencoder import train_autoencoder


def train(folder, kill=""):
    torch.manual_seed(0)
    model = build_catalogued("vae", size=32, channels=1, dims=3, beta=2.0)

    def end(batch):
        if f"{batch.epoch}.{batch.batch}" == kill:
            os.kill(os.getpid(), signal.SIGKILL)

    dls, no_figures = tiny_training.make_dls(), {"save_pls": False, "save_tsne": False}
    train_autoencoder(model, dls, 4, models_dir=folder, on_batch=end, **no_figures)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    train(*sys.argv[1:])

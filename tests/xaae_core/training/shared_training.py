"""Trainings for one process or several: `shared_training.py FOLDER`, with the environment of a launcher.

Writes into FOLDER: adam, sgd, resumed (trainings), finished.pth; then, of several, the last fails in `failed`.
"""

import os
import sys
import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path

import tiny_training
import torch
from fastai.optimizer import SGD

from xaae_core.checkpoints import write_training_state
from xaae_core.data.augmentation import Augment
from xaae_core.losses import XaaeLosses
from xaae_core.training.finishing import finish_training
from xaae_core.training.presets import QUICK

RANK, N = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
BROKEN = "picture 7 is broken"


def make_dls():
    """Augmented; the last batch of validation is one image, too few for two processes."""
    return tiny_training.make_dls(n_valid=9, augment=Augment(shift=0.1, horizontal_flip=True))


def train_with_adam(folder, **options):
    """Everything that could differ: unequal class weights, skips dropped at random, early stopping, latents."""
    settings = {"class_weights": [0.3, 3.0], "extract_latent": True, "save_pls": True, "patience": 2, "lr_max": 5e-4}
    return tiny_training.train(folder, make_dls(), **(settings | options))


def train_with_sgd(folder):
    """Unlike Adam it tells twice a gradient from once."""
    settings = {"epochs_adv": 1, "epochs_ae": 1, "epochs_classif": 1, "lr_max": 0.05, "lr_max_factor": 1.0}
    tiny_training.train(folder, make_dls(), opt_func=partial(SGD, mom=0.9), **settings)


def finish(file):
    """The consistency and sharpening phases of an untrained model."""
    model = tiny_training.make_model(skip_dropout=0.5)
    preset = replace(QUICK, epochs_consistency=1, epochs_sharpening=1)
    finish_training(model, make_dls(), preset, class_weights=torch.tensor([0.3, 3.0]))
    if RANK == 0:
        write_training_state(file, dict(model.state_dict()))


def fail(folder):
    """Train until the last process fails in the middle of an epoch."""
    real, calls = XaaeLosses.aae_loss_func, []

    def breaking(self, *arguments):
        calls.append(arguments)
        if RANK == N - 1 and len(calls) == 9:
            raise ValueError(BROKEN)
        return real(self, *arguments)

    XaaeLosses.aae_loss_func = breaking
    tiny_training.train(folder)


def note_writes(seen, event, arguments):
    """An audit hook: what this process opens for writing."""
    if event == "open" and isinstance(arguments[0], str | os.PathLike) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
        seen.append(os.fspath(arguments[0]))


def main(folder):
    written, told = [], []
    sys.addaudithook(partial(note_writes, written))
    train_with_adam(folder / "adam", on_progress=told.append)
    train_with_sgd(folder / "sgd")
    finish(folder / "finished.pth")
    if (folder / "resumed").exists():
        train_with_adam(folder / "resumed")
    in_folder = [path for path in written if path.startswith(str(folder))]
    print(f"process {RANK}: told of {len(told)} epochs, wrote {len(in_folder)} files", flush=True)
    if N > 1:
        fail(folder / "failed")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    main(Path(sys.argv[1]))

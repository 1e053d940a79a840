"""Trainings for one process and for two: `shared_training.py ALONE TOGETHER OUTPUT PORT`.

A parent that has imported everything and computed nothing forks the processes, those of TOGETHER with the environment
that a launcher gives them. Each writes into its folder: adam, sgd, resumed (trainings), finished.pth; then, of several,
the last fails in `failed`. What a process prints is in OUTPUT: alone.out, alone.err, 0.out, …; its exit code is printed
as JSON.
"""

import json
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

BROKEN = "picture 7 is broken"


def rank():
    """Which process this is."""
    return int(os.environ.get("RANK", 0))


def n_processes():
    """How many train together."""
    return int(os.environ.get("WORLD_SIZE", 1))


def make_dls():
    """Augmented; the last batch of validation is one image, too few for two processes."""
    return tiny_training.make_dls(n_valid=5, augment=Augment(shift=0.1, horizontal_flip=True))


def train_with_adam(folder, **options):
    """Everything that could differ: unequal class weights, skips dropped at random, early stopping, latents."""
    settings = {"class_weights": [0.3, 3.0], "extract_latent": True, "save_pls": True, "patience": 2, "lr_max": 5e-4}
    return tiny_training.train(folder, make_dls(), **(settings | options))


def train_with_sgd(folder):
    """Unlike Adam it tells twice a gradient from once."""
    settings = {"epochs_adv": 1, "epochs_ae": 1, "epochs_classif": 1, "lr_max": 0.1, "lr_max_factor": 1.0}
    tiny_training.train(folder, make_dls(), opt_func=partial(SGD, mom=0.9), **settings)


def finish(file):
    """The consistency and sharpening phases of an untrained model."""
    model = tiny_training.make_model(skip_dropout=0.5)
    preset = replace(QUICK, epochs_consistency=1, epochs_sharpening=1)
    finish_training(model, make_dls(), preset, class_weights=torch.tensor([0.3, 3.0]))
    if rank() == 0:
        write_training_state(file, dict(model.state_dict()))


def fail(folder):
    """Train until the last process fails in the middle of an epoch."""
    real, calls = XaaeLosses.aae_loss_func, []

    def breaking(self, *arguments):
        calls.append(arguments)
        if rank() == n_processes() - 1 and len(calls) == 2:
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
    print(f"process {rank()}: told of {len(told)} epochs, wrote {len(in_folder)} files", flush=True)
    if n_processes() > 1:
        fail(folder / "failed")


def launched(rank, n, port):
    """The environment that a launcher gives a process."""
    told = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": n, "LOCAL_WORLD_SIZE": n, "MASTER_PORT": port}
    return {"MASTER_ADDR": "127.0.0.1", **({name: str(value) for name, value in told.items()} if n > 1 else {})}


def fork(output, environment):
    """0 in a process of its own, which goes on to the end of the script as any program does; its number outside."""
    number = os.fork()
    if number == 0:
        os.environ.update(environment)
        for stream, suffix in ((sys.stdout, "out"), (sys.stderr, "err")):
            with output.with_suffix(f".{suffix}").open("wb") as file:
                os.dup2(file.fileno(), stream.fileno())
    return number


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    alone, together, output = map(Path, sys.argv[1:4])
    port, numbers = int(sys.argv[4]), {}
    runs = [("alone", alone, launched(0, 1, port)), *((str(i), together, launched(i, 2, port)) for i in range(2))]
    for name, folder, environment in runs:
        numbers[name] = fork(output / name, environment)
        if numbers[name] == 0:
            main(folder)
            sys.exit()
    print(json.dumps({name: os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) for name, number in numbers.items()}))

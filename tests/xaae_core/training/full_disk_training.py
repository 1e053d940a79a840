"""`full_disk_training.py FOLDER`: a training whose disk, a real one of some hundred kB, fills up in its third epoch.

To be run where it may mount (`unshare -rm`). Prints as JSON what it found; the finished training is copied to
FOLDER/finished.
"""

import json
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import tiny_training
import torch

from xaae_core.checkpoints import read_state_dict, read_training_state
from xaae_core.errors import TrainingError


def fill(file):
    """Take all the room that is left."""
    with file.open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(4096))
        except OSError:
            pass


def refused(folder, **options):
    """What a training says that cannot be."""
    try:
        tiny_training.train(folder, **options)
    except TrainingError as error:
        return str(error)
    return "trained"


def main(folder):
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], check=True)
    epochs = []

    def end_epoch(progress):
        epochs.append(progress.epoch)
        if len(epochs) == 2:
            fill(disk / "filler")

    found = {"said": refused(disk / "run", on_progress=end_epoch), "epochs": len(epochs)}
    found["left"] = sorted(os.listdir(disk / "run"))
    found["state"] = read_training_state(disk / "run" / "training_state.pth")["epoch"]
    found["best"] = len(read_state_dict(disk / "run" / "xaaenet_adv.pth"))
    found["again"] = refused(disk / "run")
    (disk / "filler").unlink()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    found["read_only"] = refused(disk / "run")
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    found["at_last"] = refused(disk / "run")
    shutil.copytree(disk / "run", folder / "finished")
    print(json.dumps(found))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    main(Path(sys.argv[1]))

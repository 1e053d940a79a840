"""Opening a large checkpoint takes at most one and a half times its size."""

import subprocess
import sys

import pytest
import torch

from xaae_core.checkpoints import save_checkpoint, write_card
from xaae_core.model_card import card_for
from xaae_core.models import AAE

MEASURE = """
import sys, threading, time
import torch
from xaae_core import checkpoints, models
from torchvision.models import resnet34
torch.set_num_threads(1)

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

with torch.device("meta"):
    models.AAE(32, pretrained=False)  # every import and every lazy start of torch is done before measuring
peak, is_done = [0], threading.Event()

def watch():
    while not is_done.is_set():
        peak[0] = max(peak[0], resident())
        time.sleep(0.0005)

before = resident()
watcher = threading.Thread(target=watch)
watcher.start()
opened = checkpoints.load_checkpoint(sys.argv[1])
is_done.set()
watcher.join()
print(max(peak[0], resident()) - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("name", ["model.safetensors", "model.pth"])
def test_opening_takes_at_most_one_and_a_half_times_the_file(tmp_path, name):
    torch.manual_seed(0)
    model = AAE(pretrained=False)
    path = tmp_path / name
    if name.endswith(".pth"):
        torch.save(model.state_dict(), path)
        write_card(path.with_suffix(".json"), card_for(model))
    else:
        save_checkpoint(model, path, card_for(model))
    size = path.stat().st_size
    assert size > 180e6
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, path], capture_output=True, text=True, timeout=200, check=True
    )
    share = int(done.stdout) / size
    print(f"{name}: {size / 1e6:.0f} MB, peak {share:.2f} times that")
    assert 0.9 < share <= 1.5

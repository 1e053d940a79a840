"""A tiny training for the tests."""

import numpy as np
import torch

from xaae_core.data.loaders import dataloaders_from_arrays
from xaae_core.models import add_xaae_blocks, build_encoder
from xaae_core.training import train_xaaenet

N_TRAIN, N_VALID = 14, 6


def make_dls(n_valid=N_VALID, n_train=N_TRAIN, **options):
    """20 noisy grey pictures of 32×32, or as many as are asked for; those of class "ill" hold a bright square."""
    rng = np.random.default_rng(0)
    labels = np.arange(n_train + n_valid) % 2
    images = rng.random((len(labels), 1, 32, 32), dtype=np.float32) * 0.3
    images[labels == 1, :, 8:20, 8:20] += 0.6
    split = ["train"] * n_train + ["valid"] * n_valid
    settings = {"batch_size": 4, "device": "cpu"}
    return dataloaders_from_arrays(images, labels, split, ["healthy", "ill"], **(settings | options))


def make_model(**options):
    """A model of some thousand parameters for `make_dls`."""
    torch.manual_seed(0)
    settings = {"input_size": 32, "input_channels": 1, "encoding_dims": 4, "decoder": "light", "recons_metric": "ssim"}
    return add_xaae_blocks(build_encoder("small:6-8", 1), **(settings | {"encoder_spec": "small:6-8"} | options))


def train(folder, dls=None, **options):
    """Three short phases with everything that carries state from one epoch to the next."""
    settings = {
        "epochs_adv": 4,
        "epochs_ae": 3,
        "epochs_classif": 3,
        "lr_max": 2e-3,
        "grad_accum": 4,
        "patch_size": 8,
        "classif_class_weight": 0.1,
        "cycle_weight": 0.1,
        "save_tsne": False,
        "save_pls": False,
        "extract_latent": False,
        "models_dir": folder,
    }
    model = make_model(skip_dropout=0.5).to(memory_format=torch.channels_last)  # as the demo's
    return train_xaaenet(model, dls or make_dls(), **(settings | options))

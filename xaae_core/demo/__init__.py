"""The bundled demo: a model trained on chest-like phantoms, its latent table and twenty held-out images.

All of it is drawn by a program; no patient is in it. `xaae demo train` makes it again.
"""

from pathlib import Path

DEMO_FOLDER = Path(__file__).parent
"""Where the bundle lies."""

CHECKPOINT_NAME = "phantoms.safetensors"
LATENTS_NAME = "phantoms.latents.parquet"
IMAGES_NAME = "chest-phantoms"


def demo_checkpoint() -> Path:
    """The trained model, for `load_checkpoint`."""
    return DEMO_FOLDER / CHECKPOINT_NAME


def demo_latents() -> Path:
    """Latent vectors and factors of all 1,200 phantoms, for `read_latents`."""
    return DEMO_FOLDER / LATENTS_NAME


def demo_images() -> Path:
    """Twenty held-out phantoms and two training ones as a data folder (labels.csv, images/, masks/)."""
    return DEMO_FOLDER / IMAGES_NAME

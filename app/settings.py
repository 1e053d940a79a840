"""What the person who starts the app decides: which checkpoint, data and folders are offered."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from xaae_core.demo import demo_checkpoint, demo_images


@dataclass(frozen=True)
class Settings:
    """Set by `xaae app` through the environment; read once a run.

    Attributes:
        checkpoint: opened first (XAAE_CHECKPOINT); the demo by default.
        data: data folder, or table of latents, opened first (XAAE_DATA); the demo's images by default.
        pictures: where the pictures of such a table lie (XAAE_PICTURES); where the table says by default.
        models: folder whose checkpoints are offered (XAAE_MODELS); "models" by default.
        cache: where extracted latents are kept (XAAE_CACHE); the user's cache folder by default.
        runs: where trainings started from the page go (XAAE_RUNS); "runs" beside `models` by default.
        opened: a figure or a saved session whose view the bare address opens (XAAE_OPENED); none by default.
        browse: folder below which data are looked for (XAAE_BROWSE); the user's home by default.
    """

    checkpoint: Path
    data: Path | None
    pictures: Path | None
    models: Path
    cache: Path
    runs: Path
    browse: Path
    opened: Path | None


def read_settings() -> Settings:
    """Settings from the environment. A checkpoint of one's own starts without the demo's images."""
    own_checkpoint = os.environ.get("XAAE_CHECKPOINT")
    own_data = os.environ.get("XAAE_DATA")
    pictures, opened = os.environ.get("XAAE_PICTURES"), os.environ.get("XAAE_OPENED")
    home = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    models = Path(os.environ.get("XAAE_MODELS", "models"))
    return Settings(
        checkpoint=Path(own_checkpoint) if own_checkpoint else demo_checkpoint(),
        data=Path(own_data) if own_data else (None if own_checkpoint else demo_images()),
        pictures=Path(pictures) if pictures else None,
        models=models,
        cache=Path(os.environ.get("XAAE_CACHE", home / "xaae")),
        runs=Path(os.environ.get("XAAE_RUNS", models.parent / "runs")).expanduser(),
        browse=Path(os.environ.get("XAAE_BROWSE", "~")).expanduser(),
        opened=Path(opened) if opened else None,
    )

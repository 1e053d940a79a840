"""Every page opens on a model without a classifier and without skips, such as lfxai's autoencoder of digits."""

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from tests.app.session import MODEL_PAGES
from tests.xaae_core.models.digits import digits
from xaae_core.models.mnist_autoencoder import AutoEncoderMnist, DecoderMnist, EncoderMnist
from xaae_core.pretext import Identity


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A checkpoint, and a folder of labelled pictures."""
    folder = tmp_path_factory.mktemp("digits")
    torch.manual_seed(0)
    AutoEncoderMnist(EncoderMnist(4), DecoderMnist(4), 4, Identity()).eval().save(folder)
    pictures, labels = digits(36)
    for number, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        of_class = folder / "pictures" / ("train" if number < 24 else "valid") / f"bar{int(label)}"
        of_class.mkdir(parents=True, exist_ok=True)
        pixels = (255 * picture[0].clamp(0, 1)).byte().numpy()
        Image.fromarray(pixels).save(of_class / f"{number}.png")
    return folder / "model.safetensors", folder / "pictures"


@pytest.mark.parametrize("page", MODEL_PAGES)
def test_every_page_opens(open_session: Any, opened: tuple[Path, Path], page: str) -> None:
    checkpoint, data = opened
    session = open_session(page, checkpoint=checkpoint, data=data)
    session.assert_well()
    assert session.app.get("bidi_component"), "nothing of the model or its cases is drawn"

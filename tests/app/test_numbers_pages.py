"""The pages on a model that has learned a number."""

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.app.cli_folders import SIDE
from tests.app.session import PAGES
from tests.app.test_cli_numbers import write_study
from xaae_core.checkpoints import save_checkpoint
from xaae_core.model_card import card_for
from xaae_core.models import add_xaae_blocks, build_encoder


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_study(tmp_path_factory.mktemp("numbers") / "study")


@pytest.fixture(scope="module")
def severity_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nobody trained it; it predicts some number around 25 for every picture."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = add_xaae_blocks(
            build_encoder("small:8-16", 1),
            input_size=SIDE,
            input_channels=1,
            encoding_dims=4,
            classes=1,
            decoder="light",
            recons_metric="ssim",
            encoder_spec="small:8-16",
        )
    model.set_target_scale(25, 14)
    card = card_for(
        model,
        name="severity",
        classes=("severity",),
        target="severity",
        task="continuous",
        training={"columns": {"file": "picture", "label": "severity"}, "task": "auto"},
        metrics={"test_spearman": 0.81, "test_spearman_low": 0.7, "test_spearman_high": 0.9, "test_mae": 4.0},
    )
    return save_checkpoint(model, tmp_path_factory.mktemp("model") / "severity.safetensors", card)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_on_a_model_of_numbers(
    open_session: Any, severity_model: Path, study: Path, page: str
) -> None:
    session = open_session(page, checkpoint=severity_model, data=study)
    session.assert_well()


def test_the_path_says_numbers_in_their_own_units(open_session: Any, severity_model: Path, study: Path) -> None:
    header = open_session("traverse.py", checkpoint=severity_model, data=study).path.header
    low, high = header["value_range"]
    assert header["class_name"] == "severity"
    assert header["towards"] == "towards severity"
    assert all(0 <= height <= 1 for height in header["probabilities"])
    assert -50 < low < high < 100, "numbers around 25, not chances"
    assert high > 5
    assert header["flip"] is None


def test_the_start_page_says_how_well_it_orders_its_cases(open_session: Any, severity_model: Path, study: Path) -> None:
    session = open_session("start.py", checkpoint=severity_model, data=study)
    said = " ".join(block.value for block in session.app.markdown)
    assert "(Spearman 0.81)" in session.bar[0]
    assert "Good enough to explain" in " ".join(box.label for box in session.app.expander)
    assert "severity from" in said, "the data were read with the model's columns"

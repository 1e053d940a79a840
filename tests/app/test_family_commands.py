"""The commands over every kind of model: what it can do it does, what it cannot is said in one line with a way out."""

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analysis.figures.formats import FORMATS
from analysis.provenance import read_provenance
from app.cli import main
from tests.app.cli_folders import FEW_PIXELS
from tests.app.family_models import (
    MODELS,
    WITH_CLASSES,
    WITH_PRIOR,
    WITHOUT_DECODER,
    classes_of,
    is_of_signals,
    write_cases,
    write_family_model,
)

IN_EVERY_FORMAT = ("EncoderWithAAEBlocks", "SimCLR", "VAE", "signal xAAEnet", "signal AE")
"""Pictures and signals, in grey and colour, with classes and without: every figure of theirs is drawn in each format.

The others' figures are drawn by the same lines, so one format shows that they are given what these lines can draw.
"""
DRAWING = tuple(name for name in MODELS if name not in WITHOUT_DECODER)


def xaae(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], default_map=FEW_PIXELS)


class Room:
    """A folder of pictures, one of signals, and each model with its table of latents as it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.opened = cache(self._opened)

    def _opened(self, name: str) -> tuple[Path, Path]:
        checkpoint, table = write_family_model(self.folder, name), self.folder / f"{name}.latents.parquet"
        assert_done(xaae("extract", checkpoint, write_cases(self.folder, name), "--out", table))
        return checkpoint, table

    def case(self, name: str) -> Path:
        """A case for a model."""
        folder = write_cases(self.folder, name)
        return folder / "beats.npz#3" if is_of_signals(name) else folder / "train" / "bar1" / "01.png"


def assert_done(result: Result) -> Result:
    assert result.exit_code == 0, result.output
    return result


def formats_for(name: str, *formats: str) -> tuple[str, ...]:
    """Options for the formats of a model's figures; a PNG of most models'."""
    asked = (formats or FORMATS) if name in IN_EVERY_FORMAT else ("png",)
    return tuple(part for form in asked for part in ("--format", form))


def drawn(folder: Path, stem: str) -> set[str]:
    """The formats in which a command has drawn a figure."""
    return {form for form in FORMATS if (folder / f"{stem}.{form}").exists()}


def explained(told: dict[str, Any]) -> str:
    """What the only map of `xaae attribute --json` explains."""
    (only,) = told["maps"]
    return str(only["target"])


def assert_refused(result: Result, *words: str) -> None:
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    for word in words:
        assert word in result.stderr


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    return Room(tmp_path_factory.mktemp("family"))


@pytest.mark.parametrize("name", MODELS)
def test_direction_and_project_need_nothing_but_the_latents(room: Room, tmp_path: Path, name: str) -> None:
    _, table = room.opened(name)
    fitted = json.loads(assert_done(xaae("direction", table, "--target", classes_of(name)[1], "--json")).stdout)
    assert classes_of(name)[1] in json.dumps(fitted)
    assert_done(xaae("project", table, "--method", "pca", "--out", tmp_path / "map.csv"))
    assert len(list(csv.DictReader((tmp_path / "map.csv").open()))) == 24


@pytest.mark.parametrize("name", MODELS)
def test_traverse_moves_a_case_or_says_that_nothing_can_be_drawn(room: Room, tmp_path: Path, name: str) -> None:
    checkpoint, table = room.opened(name)
    asked = (
        "traverse",
        checkpoint,
        room.case(name),
        "--latents",
        table,
        "--target",
        classes_of(name)[1],
        "--steps",
        3,
        "--out",
        tmp_path,
        *formats_for(name, "png", "svg", "gif"),
    )
    if name in WITHOUT_DECODER:
        assert_refused(xaae(*asked), "no decoder")
        return
    told = json.loads(assert_done(xaae(*asked, "--json")).stdout)
    assert [row["step_sd"] for row in told["steps"]] == [-3, 0, 3]
    assert all((row["probability"] is None) == (name not in WITH_CLASSES) for row in told["steps"])
    assert all("prior" not in row["reason"] for row in told["steps"]) or name in WITH_PRIOR


@pytest.mark.parametrize("name", ["VAE", "AE"])
def test_traverse_walks_one_dimension_of_z(room: Room, tmp_path: Path, name: str) -> None:
    checkpoint, table = room.opened(name)
    asked = ("traverse", checkpoint, room.case(name), "--latents", table, "--steps", 3, "--out", tmp_path)
    assert "along dimension 2" in assert_done(xaae(*asked, "--dimension", 2)).stdout
    assert_refused(xaae(*asked, "--dimension", 4), "no dimension 4", "0 to 3")
    assert_refused(xaae(*asked, "--dimension", 2, "--target", classes_of(name)[1]), "--dimension")


@pytest.mark.parametrize("name", MODELS)
def test_attribute_explains_what_the_model_has(room: Room, tmp_path: Path, name: str) -> None:
    checkpoint, table = room.opened(name)
    asked = (
        "attribute",
        checkpoint,
        room.case(name),
        "--out",
        tmp_path,
        "--method",
        "saliency",
        "--json",
        *formats_for(name),
    )
    told = json.loads(assert_done(xaae(*asked)).stdout)
    assert drawn(tmp_path, "attributions") == (set(FORMATS) if name in IN_EVERY_FORMAT else {"png"})
    assert explained(told) == (
        f"logit of {classes_of(name)[1]}" if name in WITH_CLASSES else "the representation, without labels"
    )
    if name not in WITH_CLASSES:
        assert_refused(xaae(*asked, "--target", "class"), "no classifier", "direction")
    towards = ("--target", f"direction:{classes_of(name)[1]}", "--latents", table)
    assert (
        explained(json.loads(assert_done(xaae(*asked, *towards)).stdout)) == f"score towards {classes_of(name)[1]} (SD)"
    )
    if name in WITHOUT_DECODER:
        assert_refused(xaae(*asked, "--target", "error"), "no decoder")
        assert_refused(xaae(*asked, *towards, "--method", "latent_shift"), "no decoder")


@pytest.mark.parametrize("name", MODELS)
def test_examples_compare_the_loss_that_the_model_has(room: Room, tmp_path: Path, name: str) -> None:
    checkpoint, table = room.opened(name)
    asked = (
        "examples",
        checkpoint,
        room.case(name),
        "--latents",
        table,
        "--out",
        tmp_path,
        "-k",
        2,
        "--json",
        *formats_for(name),
    )
    near = json.loads(assert_done(xaae(*asked)).stdout)
    assert len(near["examples"]) == 2
    assert drawn(tmp_path, "examples") == (set(FORMATS) if name in IN_EVERY_FORMAT else {"png"})
    by_gradients = xaae(*asked, "--method", "tracin", "--limit", 4, "--parameters", "last_block")
    if name == "SimCLR":
        assert_refused(by_gradients, "no classifier", "--method nearest")
        return
    compared = json.loads(assert_done(by_gradients).stdout)["parameters"]["loss"]
    assert ("reconstruction" in compared) == (name in DRAWING)


@pytest.mark.parametrize("name", ["VAE", "SimCLR", "ClassifierMnist"])
def test_a_report_holds_what_the_model_can_show(room: Room, tmp_path: Path, name: str) -> None:
    checkpoint, table = room.opened(name)
    asked = ("report", checkpoint, "--latents", table, "--map", "none", "--steps", 3, "--target", classes_of(name)[1])
    told = json.loads(assert_done(xaae(*asked, "--out", tmp_path / "report.html", "--json")).stdout)
    assert len(told["cases"]) == (0 if name in WITHOUT_DECODER else 2)
    assert any("no decoder" in reason for reason in told["missing"]) == (name in WITHOUT_DECODER)
    sizes = {"VAE": "16 × 16 px, channels: 1", "SimCLR": "32 × 32 px, channels: 3"}.get(name, "28 × 28 px")
    assert sizes in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize("name", MODELS)
def test_sample_draws_from_the_prior_or_says_where_else_to_draw_from(room: Room, tmp_path: Path, name: str) -> None:
    checkpoint, table = room.opened(name)
    asked = ("sample", checkpoint, "--out", tmp_path, "-n", 5, *formats_for(name))
    made = xaae(*asked)
    if name in WITHOUT_DECODER:
        assert_refused(made, "no decoder")
        return
    if name not in WITH_PRIOR:
        assert_refused(made, "without a prior", "--latents")
        made = xaae(*asked, "--latents", table)
    assert_done(made)
    pictures, z = np.load(tmp_path / "samples.npy"), np.load(tmp_path / "z.npy")
    assert len(pictures) == len(z) == 5
    assert len(np.unique(z, axis=0)) == 5
    written = drawn(tmp_path, "samples")
    assert written == (set(FORMATS) if name in IN_EVERY_FORMAT else {"png"})
    for form in written:
        told = read_provenance((tmp_path / f"samples.{form}").read_bytes()).provenance
        assert (told.kind, told.seed, told.settings["n"]) == ("samples", 0, 5)

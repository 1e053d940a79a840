"""`xaae attribute` on the bundled demo: every target, the files, and what is refused."""

import csv
import json
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from analysis.attributions import METHODS
from analysis.directions import fit_direction
from analysis.figures.formats import FORMATS
from analysis.provenance import read_provenance
from analysis.traversals import encode_image
from app.cli import main
from app.commands.attribute import METHOD_NAMES
from tests.app.cli_folders import write_model
from xaae_core.case_tokens import case_token, short_token
from xaae_core.checkpoints import load_checkpoint
from xaae_core.data.images import read_image
from xaae_core.demo import demo_checkpoint, demo_images, demo_latents
from xaae_core.latents import read_latents

CASE = demo_images() / "images" / "phantom-000960.png"
SIDE = 192
DPI = 72  # figures of few pixels are drawn sooner


def xaae(*arguments: object) -> Result:
    """The command with figures of few pixels, in one format where none are asked for."""
    small = {"attribute": {"dpi": DPI, "formats": ["png"]}}
    return CliRunner().invoke(main, [str(argument) for argument in arguments], default_map=small)


def explain(out: Path, *options: object) -> Result:
    return xaae("attribute", demo_checkpoint(), CASE, "--out", out, "--steps", 4, *options)


def test_the_option_offers_every_method_there_is():
    assert set(METHOD_NAMES) == set(METHODS)


def test_figures_and_numbers_of_each_method_are_written(tmp_path: Path):
    made = explain(tmp_path, "--method", "saliency", "--method", "integrated_gradients", "--method", "saliency")
    assert made.exit_code == 0, made.output
    rows = list(csv.DictReader((tmp_path / "summary.csv").open()))
    assert [row["method"] for row in rows] == ["saliency", "integrated_gradients"]
    for row in rows:
        heat = np.load(tmp_path / f"{row['method']}.npy", allow_pickle=False)
        assert heat.shape == (SIDE, SIDE)
        assert float(row["sum"]) == pytest.approx(heat.sum(dtype=np.float64))
        assert abs(heat[int(row["peak_row"]), int(row["peak_column"])]) == np.abs(heat).max()
        assert Image.open(tmp_path / f"{row['method']}.png").width == pytest.approx(183 / 25.4 * DPI, abs=1)
    said = json.loads((tmp_path / "attribution.json").read_text())
    assert said["checkpoint_sha256"] == load_checkpoint(demo_checkpoint()).sha256
    assert said["maps"][1]["settings"] == {"n_steps": 4}
    assert "saliency: 1 of 1" in made.stderr


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("class", "logit of effusion"),
        ("no effusion", "logit of no effusion"),
        ("class:no effusion", "logit of no effusion"),
        ("direction", "score towards effusion (SD)"),
        ("direction:severity", "score towards severity (SD)"),
        ("dimension:3", "latent dimension 3"),
        ("representation", "the representation, without labels"),
        ("error", "reconstruction error (mean squared, z alone)"),
    ],
)
def test_every_target_is_explained_and_its_number_is_the_models(tmp_path: Path, target: str, words: str):
    made = explain(tmp_path, "--target", target, "--method", "saliency", "--latents", demo_latents(), "--json")
    assert made.exit_code == 0, made.output
    (found,) = json.loads(made.stdout)["maps"]
    assert found["target"] == words
    model = load_checkpoint(demo_checkpoint()).model
    pixels = read_image(CASE, channels=1, size=(SIDE, SIDE)).pixels
    z = encode_image(model, pixels).z
    expected = {
        "logit of effusion": lambda: model.classify(z)[0, 1],
        "logit of no effusion": lambda: model.classify(z)[0, 0],
        "latent dimension 3": lambda: z[0, 3],
        "the representation, without labels": lambda: z[0] @ z[0],
        "reconstruction error (mean squared, z alone)": lambda: ((model.decode(z)[0].numpy() - pixels) ** 2).mean(),
    }
    if words in expected:
        assert found["score"] == pytest.approx(float(expected[words]()), rel=1e-4)
    else:
        column = words.split()[2]
        direction = fit_direction(read_latents(demo_latents()), column, n_bootstrap=0)
        assert found["score"] == pytest.approx(float(direction.score(z.numpy())[0]), rel=1e-3)


def test_all_methods_that_can_work_run_and_the_others_are_named(tmp_path: Path):
    options = ("--method", "all", "--samples", 2, "--window", 64, "--stride", 64, "--json")
    made = explain(tmp_path / "class", *options)
    assert made.exit_code == 0, made.output
    assert {found["method"] for found in json.loads(made.stdout)["maps"]} == set(METHODS)
    more, less = (np.load(tmp_path / "class" / f"latent_shift-{name}.npy") for name in ("more", "less"))
    heat = np.load(tmp_path / "class" / "latent_shift.npy")
    np.testing.assert_allclose(heat, (more - less) / 2, atol=1e-5)
    made = explain(tmp_path / "z", *options, "--target", "representation")
    assert {found["method"] for found in json.loads(made.stdout)["maps"]} == set(METHODS) - {"latent_shift"}
    assert "left out: latent_shift: latent shift needs a way in z" in made.stderr


def test_the_baseline_can_be_the_mean_of_training_pictures_or_the_blurred_case(tmp_path: Path):
    options = ("--latents", demo_latents(), "--data", demo_images(), "--json")
    names = {}
    for name in ("black", "blurred", "mean"):
        made = explain(tmp_path / name, "--baseline", name, *options)
        assert made.exit_code == 0, made.output
        names[name] = json.loads(made.stdout)["maps"][0]["baseline"]
    assert names == {"black": "black", "blurred": "blurred (σ 19.2 px)", "mean": "mean of 2 pictures"}


def test_the_settings_beside_the_result_repeat_it(tmp_path: Path):
    made = explain(tmp_path, "--method", "occlusion", "--window", 64, "--stride", 64, "--json")
    assert made.exit_code == 0, made.output
    first = (tmp_path / "occlusion.npy").read_bytes()
    again = xaae("attribute", "--settings", tmp_path / "settings.toml", "--json")
    assert json.loads(again.stdout) == json.loads(made.stdout)
    assert (tmp_path / "occlusion.npy").read_bytes() == first


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--target", "direction"), "needs --latents"),
        (("--baseline", "mean"), "needs --latents"),
        (("--target", "pneumonia"), 'knows no class "pneumonia"; expected one of no effusion, effusion'),
        (("--target", "dimension:99"), "no latent dimension 99: z has 32"),
        (("--target", "dimension:x"), "expected dimension:K"),
        (("--target", "error:3"), "has no part: expected error"),
        (
            ("--method", "latent_shift", "--target", "representation"),
            "without labels: choose integrated_gradients",
        ),
        (("--method", "magic"), "'magic' is not one of"),
        (("--method", "occlusion", "--window", "500"), "--window 500 is larger than the model's pictures"),
        (("--method", "occlusion", "--stride", "50"), "leaves gaps between squares of 16 px"),
    ],
)
def test_what_cannot_be_explained_is_refused_before_anything_is_written(
    tmp_path: Path, options: tuple[str, ...], words: str
):
    refused = explain(tmp_path / "out", *options)
    assert refused.exit_code == 2, refused.output
    assert words in " ".join(refused.stderr.split())
    assert refused.stdout == ""
    assert not (tmp_path / "out").exists()


def test_latents_of_another_model_and_a_missing_picture_are_refused(tmp_path: Path):
    other = write_model(tmp_path / "other.safetensors")
    refused = xaae(
        *("attribute", other, CASE, "--out", tmp_path / "o"), "--target", "direction", "--latents", demo_latents()
    )
    assert refused.exit_code == 2
    assert "another checkpoint" in refused.stderr
    refused = xaae("attribute", demo_checkpoint(), tmp_path / "none.png", "--out", tmp_path / "o")
    assert refused.exit_code == 2
    assert "none.png" in refused.stderr


OTHER = demo_images() / "images" / "phantom-000961.png"


def test_several_pictures_have_folders_of_their_own_and_a_mean_map(tmp_path: Path):
    made = xaae("attribute", demo_checkpoint(), CASE, OTHER, "--out", tmp_path, "--method", "saliency")
    assert made.exit_code == 0, made.output
    folders = [tmp_path / f"case-{short_token(path.name)}" for path in (CASE, OTHER)]
    maps = [np.load(folder / "saliency.npy", allow_pickle=False) for folder in folders]
    alone = explain(tmp_path / "alone", "--method", "saliency")
    assert alone.exit_code == 0
    np.testing.assert_allclose(maps[0], np.load(tmp_path / "alone" / "saliency.npy"), atol=1e-6)
    np.testing.assert_allclose(np.load(tmp_path / "mean-saliency.npy"), np.mean(maps, axis=0), atol=1e-6)
    np.testing.assert_allclose(np.load(tmp_path / "spread-saliency.npy"), np.std(maps, axis=0, ddof=1), atol=1e-5)
    rows = list(csv.DictReader((tmp_path / "summary.csv").open()))
    assert [row["picture"] for row in rows] == [CASE.stem, OTHER.stem]
    assert [row["folder"] for row in rows] == [folder.name for folder in folders]
    assert Image.open(tmp_path / "mean.png").width == pytest.approx(183 / 25.4 * DPI, abs=1)
    assert {path.suffix for path in tmp_path.glob("mean.*")} == {".png"}, "no other format was asked for"


def test_figures_are_in_every_format_of_papers_where_none_is_asked_for():
    for name in ("attribute", "examples", "sample"):
        command = import_module(f"app.commands.{name}").command
        (option,) = [option for option in command.params if option.name == "formats"]
        assert option.default == FORMATS


NAMED = f"case-{short_token('x.png')}"


def test_pictures_of_one_name_keep_apart(tmp_path: Path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.png").write_bytes((CASE if folder == "a" else OTHER).read_bytes())
    pictures = (tmp_path / "a" / "x.png", tmp_path / "b" / "x.png")
    made = xaae("attribute", demo_checkpoint(), *pictures, "--out", tmp_path / "o", "--method", "saliency")
    assert made.exit_code == 0, made.output
    first, second = (np.load(tmp_path / "o" / name / "saliency.npy") for name in (f"{NAMED}-1", f"{NAMED}-2"))
    assert not np.array_equal(first, second)


def test_evaluation_writes_measures_checks_and_a_verdict(tmp_path: Path):
    mask = demo_images() / "masks" / CASE.name
    options = ("--method", "saliency", "--evaluate", "--mask", mask, "--latents", demo_latents(), "--json")
    in_all = ("--format", "png", "--format", "svg", "--format", "pdf")
    made = explain(tmp_path, *options, "--target", "direction", *in_all)
    assert made.exit_code == 0, made.output
    (found,) = json.loads(made.stdout)["maps"]
    assert {"deletion", "insertion", "sparseness", "energy_inside"} <= found["measures"].keys()
    assert {"destroyed", "shuffled", "random"} <= found["checks"].keys()
    rows = list(csv.DictReader((tmp_path / "evaluation.csv").open()))
    assert [row["name"] for row in rows if row["kind"] == "verdict"] == [found["verdict"]]
    for name in ("attributions", "sanity"):
        for form in ("png", "svg", "pdf"):
            content = (tmp_path / f"{name}.{form}").read_bytes()
            told = read_provenance(content).provenance
            assert (told.kind, told.settings["evaluated"]) == ("sanity" if name == "sanity" else "attribution", True)
            assert told.direction["target"] == "effusion"
            assert told.case_ids == (case_token(CASE.stem),)
            assert CASE.stem.encode() not in content, "no file's name in a figure"
    assert told.view["query"] == {
        "case": [case_token(CASE.stem)],
        "explain": ["score towards “effusion”"],
        "ig_steps": ["4"],
        "methods": ["Saliency"],
        "baseline": ["black"],
        "model": [load_checkpoint(demo_checkpoint()).sha256[:16]],
    }


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--mask", CASE), "1 --mask for 1 pictures, without --evaluate"),
        (("--evaluate", "--mask", CASE, "--mask", CASE), "2 --mask for 1 pictures"),
    ],
)
def test_masks_without_their_pictures_are_refused(tmp_path: Path, options: tuple[object, ...], words: str):
    refused = explain(tmp_path / "o", *options)
    assert refused.exit_code == 2
    assert words in " ".join(refused.stderr.split())


def test_a_mask_of_other_proportions_is_refused_before_anything_is_computed(tmp_path: Path):
    Image.fromarray(np.full((20, 60), 255, np.uint8)).save(tmp_path / "m.png")
    refused = explain(tmp_path / "o", "--evaluate", "--mask", tmp_path / "m.png", "--method", "saliency")
    assert refused.exit_code == 2
    assert "20" in refused.stderr
    assert not (tmp_path / "o").exists()

"""`xaae project` on the bundled demo and on small tables: the files, the figures of the maps, and what is refused."""

import csv
import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from analysis.projections import project
from analysis.provenance import read_provenance
from app.cli import main
from app.views import View
from tests.analysis.latent_tables import numbers_table, table_of, two_clouds
from tests.app.cli_folders import FEW_PIXELS
from xaae_core.demo import demo_latents
from xaae_core.latents import LatentTable, read_latents, write_latents


def xaae(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], default_map=FEW_PIXELS)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A table of two clouds far apart, of 120 cases."""
    return write_latents(two_clouds(120, gap=12), tmp_path / "in" / "small.latents.parquet")


def test_the_map_is_written_with_every_case_and_its_figure(tmp_path: Path):
    made = xaae(
        "project", demo_latents(), "--method", "pls", "--out", tmp_path / "m.csv", "--figure", tmp_path / "m.pdf"
    )
    assert made.exit_code == 0, made.output
    table = read_latents(demo_latents())
    rows = rows_of(tmp_path / "m.csv")
    assert [row["id"] for row in rows] == table.ids.tolist()
    assert [*rows[0]] == ["id", "x", "y", "label", "split", "prediction", "neighbours_kept", "placed", "error"]
    assert {row["label"] for row in rows} == set(table.classes)
    assert {row["split"] for row in rows} == {"train", "valid", "test"}
    assert all((row["label"] == row["prediction"]) == (row["error"] == "right") for row in rows)
    assert {row["placed"] for row in rows} == {"no"}
    assert (tmp_path / "m.pdf").read_bytes().startswith(b"%PDF")
    assert "trustworthiness" in made.stdout
    assert "of the neighbours on this map are real" in made.stdout
    assert "laying out 1,200 cases" in made.stderr


def test_the_figure_knows_how_it_was_made_and_opens_on_the_maps_page(tmp_path: Path):
    made = xaae("project", demo_latents(), "--method", "pls", "--method", "pca", "--out", tmp_path / "m.csv",
                "--figure", tmp_path / "m.svg", "--columns", "single", "--dpi", 72, "--seed", 5)  # fmt: skip
    assert made.exit_code == 0, made.output
    told = read_provenance((tmp_path / "m.svg").read_bytes()).provenance
    table = read_latents(demo_latents())
    assert (told.kind, told.seed, told.settings["methods"]) == ("map", 5, ["pls", "pca"])
    assert (told.checkpoint_sha256, told.data_fingerprint) == (table.checkpoint_sha256, table.data_fingerprint)
    assert told.direction["target"] == "effusion"
    view = View.from_json(told.view)
    expected = {"left": ("PLS",), "right": ("PCA",), "target": ("effusion",), "map_seed": ("5",)}
    assert (view.page, dict(view.query)) == ("maps", {**expected, "model": (table.checkpoint_sha256[:16],)})
    width = float(re.search(r'width="([\d.]+)pt"', (tmp_path / "m.svg").read_text())[1])
    assert width == pytest.approx(89 / 25.4 * 72, abs=0.5)


def test_the_biplot_is_drawn_towards_the_target(small: Path, tmp_path: Path):
    made = xaae("project", small, "--method", "pca", "--target", "severity", "--out", tmp_path / "m.csv", "--biplot",
                tmp_path / "b.png", "--dpi", 72, "--greyscale")  # fmt: skip
    assert made.exit_code == 0, made.output
    told = read_provenance((tmp_path / "b.png").read_bytes()).provenance
    assert (told.kind, told.settings["target"], told.settings["methods"]) == ("biplot", "severity", ["pls"])
    assert told.direction["target"] == "severity"
    pixels = np.asarray(Image.open(tmp_path / "b.png"))[..., :3].astype(int)
    assert np.ptp(pixels, axis=-1).max() == 0
    assert "b.png" in made.stdout


def test_the_page_of_linked_maps_knows_how_it_was_made(small: Path, tmp_path: Path):
    made = xaae("project", small, "--method", "pca", "--out", tmp_path / "m.csv", "--figure", tmp_path / "m.html")
    assert made.exit_code == 0, made.output
    page = (tmp_path / "m.html").read_bytes()
    told = read_provenance(page).provenance
    assert (told.kind, told.settings["methods"]) == ("map", ["pca"])
    assert b"case 7" not in page  # tokens, not ids


def test_the_seed_and_the_settings_repeat_the_map(tmp_path: Path):
    first = xaae("project", demo_latents(), "--method", "pca", "--out", tmp_path / "m.csv", "--json")
    assert first.exit_code == 0, first.output
    said = json.loads(first.stdout)
    assert said["method"] == "pca"
    assert 0.5 < said["trustworthiness"] < 1
    text = (tmp_path / "m.csv").read_text()
    again = xaae("project", "--settings", tmp_path / "m.settings.toml", "--json")
    assert again.stdout == first.stdout
    assert (tmp_path / "m.csv").read_text() == text


def test_settings_that_name_one_method_still_work(small: Path, tmp_path: Path):
    (tmp_path / "old.toml").write_text(f'latents = "{small}"\nmethod = "pca"\nout = "{tmp_path / "m.csv"}"\n')
    made = xaae("project", "--settings", tmp_path / "old.toml", "--json")
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["method"] == "pca"


def test_several_maps_with_all_that_can_be_known_of_them(small: Path, tmp_path: Path):
    asked = ("--stability", "--agreement", "--gaps", "--figure", tmp_path / "m.html", "--json")
    made = xaae("project", small, "--method", "umap", "--method", "pca", *asked, "--out", tmp_path / "m.parquet")
    assert made.exit_code == 0, made.output
    said = json.loads(made.stdout)
    umap, pca = said["maps"]
    assert (umap["method"], pca["method"]) == ("umap", "pca")
    assert umap["stability"]["seeds"] == 3
    assert "stability" not in pca  # nothing in it is random
    assert sorted(umap["groups"]) == ["the group of 60 (mostly no)", "the group of 60 (mostly yes)"]
    assert [gap["verdict"] for gap in umap["gaps"]] == ["real"]
    assert said["agreement"][0]["maps"] == ["UMAP", "PCA"]
    assert 0 < said["agreement"][0]["shared"] < 1
    table, read = two_clouds(120, gap=12), pq.read_table(tmp_path / "m.parquet")
    assert read["id"].to_pylist() == table.ids.tolist()
    of_both = {f"{name}_{method}" for name in ("x", "y", "neighbours_kept", "group") for method in ("umap", "pca")}
    of_case = {"id", "label", "prediction", "error", "split", "placed"}
    assert set(read.column_names) == of_both | of_case | {"moved_umap", "shared_umap_pca"}
    assert np.mean(read["shared_umap_pca"]) == pytest.approx(said["agreement"][0]["shared"])
    about = json.loads(read.schema.metadata[b"xaae_maps"])
    assert about["maps"][0]["parameters"] == umap["parameters"]
    assert b"vegaEmbed" in (tmp_path / "m.html").read_bytes()
    assert "laying out 120 cases (umap, seed 2)" in made.stderr


def test_the_sentences_say_which_map_they_are_about(small: Path, tmp_path: Path):
    made = xaae("project", small, "--method", "pca", "--method", "pls", "--agreement", "--gaps", "--out",
                tmp_path / "m.csv", "--figure", tmp_path / "m.svg")  # fmt: skip
    assert made.exit_code == 0, made.output
    for words in (
        "PCA: The gap between the group of 60 (mostly",
        "of the neighbours on the PCA map are real",
        "the two maps show the same",
    ):
        assert words in made.stdout
    assert "the two maps show the same" in " ".join((tmp_path / "m.svg").read_text().split())
    assert {"x_pca", "x_pls", "group_pca", "shared_pca_pls"} <= rows_of(tmp_path / "m.csv")[0].keys()


def test_a_single_map_is_the_one_that_python_makes(small: Path, tmp_path: Path):
    made = xaae("project", small, "--seed", 3, "--out", tmp_path / "m.csv")
    assert made.exit_code == 0, made.output
    points = project(two_clouds(120, gap=12), "umap", seed=3).points
    shown = np.array([[float(row["x"]), float(row["y"])] for row in rows_of(tmp_path / "m.csv")])
    assert np.allclose(shown, points, atol=1e-5)


def test_new_cases_are_placed_and_say_so(small: Path, tmp_path: Path):
    table = two_clouds(120, gap=12)
    new = two_clouds(30, gap=12, seed=5)
    names = np.array([*table.ids[:4], *(f"new {row}" for row in range(26))])  # four are there already
    write_latents(dataclasses.replace(new, ids=names), tmp_path / "new.parquet")
    made = xaae("project", small, "--method", "pca", "--place", tmp_path / "new.parquet", "--gaps", "--out",
                tmp_path / "m.csv", "--figure", tmp_path / "m.png", "--json")  # fmt: skip
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["placed"] == 26
    assert "4 of the 30 cases to place are on the map already" in made.stderr
    rows = rows_of(tmp_path / "m.csv")
    assert len(rows) == 146
    assert [row["placed"] for row in rows] == ["no"] * 120 + ["yes"] * 26
    alone = xaae("project", small, "--method", "pca", "--out", tmp_path / "alone.csv")
    assert alone.exit_code == 0
    before = rows_of(tmp_path / "alone.csv")
    assert [(row["x"], row["y"]) for row in rows[:120]] == [(row["x"], row["y"]) for row in before]
    own = {row["label"]: float(row["x"]) > 0 for row in before}
    assert all((float(row["x"]) > 0) == own[row["label"]] for row in rows[120:])  # on the side of their cloud


@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_new_cases_come_to_lie_among_those_they_are_like(small: Path, tmp_path: Path, method: str):
    new = two_clouds(20, gap=12, seed=5)
    names = np.array([f"new {row}" for row in range(20)])
    write_latents(dataclasses.replace(new, ids=names), tmp_path / "new.parquet")
    made = xaae("project", small, "--method", method, "--place", tmp_path / "new.parquet", "--stability", "--out",
                tmp_path / "m.csv")  # fmt: skip
    assert made.exit_code == 0, made.output
    rows = rows_of(tmp_path / "m.csv")
    points = np.array([[float(row["x"]), float(row["y"])] for row in rows])
    labels = np.array([row["label"] for row in rows])
    middles = {label: points[:120][labels[:120] == label].mean(axis=0) for label in ("no", "yes")}
    for row in range(120, 140):
        away = {label: np.linalg.norm(points[row] - middle) for label, middle in middles.items()}
        assert min(away, key=lambda label: away[label]) == labels[row]
    assert [bool(row["moved"]) for row in rows] == [True] * 120 + [False] * 20  # not known of cases placed later


def test_new_cases_that_are_not_finite_are_named_at_once(small: Path, tmp_path: Path):
    z = two_clouds(10).z.copy()
    z[3] = np.inf
    bad = dataclasses.replace(table_of(z), ids=np.array([f"new {row}" for row in range(10)]))
    write_latents(bad, tmp_path / "new.parquet")
    refused = xaae("project", small, "--place", tmp_path / "new.parquet", "--out", tmp_path / "m.csv")
    assert refused.exit_code == 2
    assert "new 3" in refused.stderr
    assert "laying out" not in refused.stderr


def test_a_large_table_is_laid_out_in_part(small: Path, tmp_path: Path):
    made = xaae("project", small, "--fitted", 80, "--method", "umap", "--stability", "--out", tmp_path / "m.csv")
    assert made.exit_code == 0, made.output
    rows = rows_of(tmp_path / "m.csv")
    assert [row["placed"] for row in rows].count("yes") == 40
    assert all(row["moved"] for row in rows)


def test_numbers_are_written_as_numbers(tmp_path: Path):
    table = numbers_table(60)
    write_latents(table, tmp_path / "in.parquet")
    made = xaae("project", tmp_path / "in.parquet", "--method", "pca", "--out", tmp_path / "m.parquet")
    assert made.exit_code == 0, made.output
    read = pq.read_table(tmp_path / "m.parquet")
    assert np.allclose(read["label"], table.columns["grade"])
    assert np.allclose(read["error"], table.predicted - table.columns["grade"])


def test_a_column_of_500_values_names_no_group_wrongly(tmp_path: Path):
    table = two_clouds(500, gap=12)
    who = np.array([f"patient {row}" for row in range(500)])
    write_latents(dataclasses.replace(table, columns={"patient": who}), tmp_path / "in.parquet")
    made = xaae("project", tmp_path / "in.parquet", "--method", "pca", "--colour", "patient", "--gaps", "--out",
                tmp_path / "m.csv", "--figure", tmp_path / "m.png")  # fmt: skip
    assert made.exit_code == 0, made.output
    assert "mostly" not in made.stdout
    assert "is real in z" in made.stdout


def _with_nan() -> LatentTable:
    z = two_clouds(60).z.copy()
    z[[7, 31], 2] = np.nan
    return table_of(z, np.arange(60) % 2)


@pytest.mark.parametrize(
    ("table", "method", "words"),
    [
        (_with_nan(), "umap", "z is not finite for 2 of 60 cases, the first: case 7, case 31"),
        (table_of(np.ones((30, 4))), "tsne", "all 30 cases have the same z"),
        (table_of(np.eye(3)), "pca", "3 cases; a map needs at least 4"),
        (table_of(np.random.default_rng(0).normal(size=(40, 4)), np.zeros(40)), "pls", "every case has the same"),
    ],
)
def test_tables_of_which_there_is_no_map_are_refused(tmp_path: Path, table: LatentTable, method: str, words: str):
    write_latents(table, tmp_path / "in.parquet")
    refused = xaae("project", tmp_path / "in.parquet", "--method", method, "--out", tmp_path / "out" / "m.csv")
    assert refused.exit_code == 2, refused.output
    assert words in refused.stderr
    assert not (tmp_path / "out").exists()


def test_too_few_cases_for_the_settings_say_the_largest_value_that_works(tmp_path: Path):
    write_latents(two_clouds(40), tmp_path / "in.parquet")
    made = xaae("project", tmp_path / "in.parquet", "--method", "tsne", "--method", "umap", "--neighbours", 50,
                "--out", tmp_path / "m.csv")  # fmt: skip
    assert made.exit_code == 0, made.output
    assert "perplexity 30 needs at least 91 cases; 13" in made.stderr
    assert "39, the largest value that works" in made.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--figure", "map.jpg"), "a figure is .png, .svg or .pdf"),
        (("--biplot", "map.gif"), "names no format of this figure"),
        (("--biplot", "map.png", "--figure", "map.png"), "--figure and --biplot are the same file"),
        (("--biplot", "map.png", "--target", "purple"), 'there is no target "purple"'),
        (("--colour", "nothing"), 'there is no column "nothing"'),
        (("--method", "pca", "--target", "effusion"), "only the method pls knows a target"),
        (("--method", "pls", "--target", "purple"), 'there is no target "purple"'),
        (("--method", "mds"), "'mds' is not one of"),
        (("--method", "pca", "--method", "pca"), "pca is given twice"),
        (("--method", "pca", "--agreement"), "give --method a second time"),
        (("--fitted", "3"), "3 is not in the range"),
        (("--place", "nowhere.parquet"), "nowhere.parquet is not a table of latents"),
        (("--place", demo_latents(), "--method", "pca"), "all 1200 cases to place are on the map already"),
        (("--figure", "map.html", *(f"--method={name}" for name in ("umap", "tsne", "pca", "pls"))), "at most 3"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_written(tmp_path: Path, options: tuple[str, ...], words: str):
    refused = xaae("project", demo_latents(), "--out", tmp_path / "m.csv", *options)
    assert refused.exit_code == 2, refused.output
    assert words in " ".join(refused.stderr.split())
    assert not list(tmp_path.iterdir())


def test_other_tables_than_csv_and_parquet_are_refused(tmp_path: Path):
    refused = xaae("project", demo_latents(), "--out", tmp_path / "m.xlsx")
    assert refused.exit_code == 2
    assert "a table of a map is .csv or .parquet" in " ".join(refused.stderr.split())
    same = xaae("project", demo_latents(), "--out", tmp_path / "m.csv", "--figure", tmp_path / "m.csv")
    assert same.exit_code == 2


def test_a_file_that_is_no_table_is_named(tmp_path: Path):
    (tmp_path / "a.parquet").write_text("nothing")
    refused = xaae("project", tmp_path / "a.parquet", "--out", tmp_path / "m.csv")
    assert refused.exit_code == 2
    assert "a.parquet is not a table of latents" in refused.stderr


def listen_to_interrupts() -> None:
    """A shell lets what it starts in the background ignore Ctrl-C, and so would all that is started from there."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_stopped_in_the_middle_it_leaves_no_file(tmp_path: Path):
    out = tmp_path / "out"
    arguments = ["project", str(demo_latents()), "--method", "tsne", "--out", str(out / "m.csv"), "--figure",
                 str(out / "m.png")]  # fmt: skip
    running = subprocess.Popen(
        [sys.executable, "-m", "app.cli", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        preexec_fn=listen_to_interrupts,
    )
    assert running.stderr is not None
    assert any("laying out" in line for line in running.stderr)  # until it has begun
    time.sleep(0.7)
    running.send_signal(signal.SIGINT)
    said = running.communicate(timeout=60)[1]
    assert running.returncode == 1
    assert "Traceback" not in said
    assert not out.exists() or not list(out.iterdir())

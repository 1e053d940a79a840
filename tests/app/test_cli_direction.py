"""`xaae direction`: noise is called noise, every class gets its line, grades are grades."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analysis.directions import fit_direction
from app.cli import main
from app.words import direction_words
from tests.analysis.latent_tables import table_of, two_clouds
from tests.analysis.test_many_directions import graded, many_classes
from xaae_core.latents import LatentTable, write_latents


def direction(table: LatentTable, folder: Path, *options: object) -> Result:
    path = write_latents(table, folder / "table.parquet")
    result = CliRunner().invoke(main, ["direction", str(path), *map(str, options)])
    assert result.exit_code == 0, result.output
    return result


def noise_table() -> LatentTable:
    rng = np.random.default_rng(1)
    return table_of(rng.normal(size=(80, 12)), rng.permutation(np.arange(80) % 2))


def test_a_direction_fitted_to_noise_says_so(tmp_path: Path) -> None:
    assert "could be noise: p = 0." in direction(noise_table(), tmp_path).stdout
    found = json.loads(direction(noise_table(), tmp_path, "--json").stdout)
    assert found["p_value"] >= 0.01
    assert (found["significant"], found["permutations"], found["one_vs_rest"]) == (False, 999, [])
    words = direction_words(fit_direction(noise_table(), n_permutations=199))
    assert "it could be noise: p = 0." in words


def test_a_true_direction_does_not(tmp_path: Path) -> None:
    assert "more than noise: p = 0.001 among 999 shuffles" in direction(two_clouds(), tmp_path).stdout
    found = json.loads(direction(two_clouds(), tmp_path, "--json", "--permutations", 199).stdout)
    assert (found["significant"], found["p_value"]) == (True, pytest.approx(0.005))
    assert "noise" not in direction_words(fit_direction(two_clouds(), n_permutations=199))


def test_what_was_not_tested_is_neither(tmp_path: Path) -> None:
    assert "not tested" in direction(noise_table(), tmp_path, "--permutations", 0).stdout
    found = json.loads(direction(noise_table(), tmp_path, "--permutations", 0, "--json").stdout)
    assert (found["significant"], found["p_value"]) == (None, None)
    assert "noise" not in direction_words(fit_direction(noise_table()))


def test_every_class_gets_a_line(tmp_path: Path) -> None:
    table = many_classes(4)
    labels = table.labels.copy()
    is_mixed = labels >= 2
    labels[is_mixed] = np.random.default_rng(0).permutation(labels[is_mixed])  # the last two cannot be told apart
    table = replace(table, labels=labels)
    lines = direction(table, tmp_path).stdout.splitlines()
    assert [line.split()[1] for line in lines[2:]] == ["0", "1", "2", "3"]
    found = json.loads(direction(table, tmp_path, "--json").stdout)
    assert [entry["target"] for entry in found["one_vs_rest"]] == list(table.classes)
    assert found["target"] == "class 1"  # the second stands for all
    assert found["quality"] == found["one_vs_rest"][1]["quality"]
    named = json.loads(direction(table, tmp_path, "--target", "class 3", "--json").stdout)
    assert (named["target"], named["one_vs_rest"]) == ("class 3", [])


def test_of_very_many_classes_one_is_looked_at(tmp_path: Path) -> None:
    said = direction(many_classes(40, n=400), tmp_path)
    assert "40 classes: only the second is looked at; name another with --target" in said.stderr
    assert said.stdout.startswith("towards class 1 ")


def test_grades_are_fitted_by_their_order(tmp_path: Path) -> None:
    found = json.loads(direction(graded(), tmp_path, "--target", "grade", "--json").stdout)
    assert (found["kind"], found["method"], found["measure"]) == ("ordinal", "PLS of ranks, 1 component", "Spearman")


def test_too_few_permutations_are_refused(tmp_path: Path) -> None:
    path = write_latents(two_clouds(), tmp_path / "table.parquet")
    refused = CliRunner().invoke(main, ["direction", str(path), "--permutations", "50"])
    assert refused.exit_code == 2
    assert "50 permutations cannot show p < 0.01; expected 0 (no test) or at least 100" in refused.stderr

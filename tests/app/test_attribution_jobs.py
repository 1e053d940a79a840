"""What the attributions page computes beside itself: nothing finished is lost, and files hold what was found."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.attributions import ClassLogit, MethodSettings, Representation, attribute
from app.attribution_tables import COLUMNS, evaluation_csv
from app.attributions_page.averaging import ALL, CohortExplanation, CohortQuestion
from app.attributions_page.choice import MethodChoice
from app.attributions_page.downloads import maps_archive
from app.attributions_page.explaining import CaseExplanation, CaseQuestion
from app.attributions_page.rows import row_of
from app.found_maps import FoundMap, FoundMaps
from tests.app.cli_folders import SIDE, write_pictures
from xaae_core.checkpoints import load_checkpoint
from xaae_core.data.images import read_image
from xaae_core.errors import ImageError


def question(model: Path, *methods: str, **changes: Any) -> CaseQuestion:
    opened = load_checkpoint(model).model
    pixels = np.linspace(0, 1, SIDE * SIDE, dtype=np.float32).reshape(1, SIDE, SIDE)
    asked: dict[str, Any] = {
        "model": opened, "pixels": pixels, "target": ClassLogit(0), "methods": methods, "baseline": None,
        "told": MethodChoice(n_steps=4), "is_checked": False, "table": None, "mask": None, "key": ("k",),
    }  # fmt: skip
    return CaseQuestion(**{**asked, **changes})


def test_what_is_finished_outlasts_a_cancel(tiny_model: Path) -> None:
    kept = FoundMaps()
    job = CaseExplanation(question(tiny_model, "saliency", "occlusion", told=MethodChoice(window=2)), kept)
    while job.found("saliency").attribution is None and not job.is_done:
        pass
    job.cancel()
    job.wait(60)
    assert job.is_cancelled
    assert job.found("saliency").attribution is not None
    assert job.found("occlusion").attribution is None
    row = row_of("occlusion", job.found("occlusion"), is_checked=False, is_over=True)
    assert (row.main.heat, row.main.note) == (None, "not computed")


def test_a_method_that_fails_leaves_the_others(tiny_model: Path) -> None:
    asked = question(tiny_model, "latent_shift", "saliency", target=Representation())
    job = CaseExplanation(asked, FoundMaps())
    job.wait(60)
    assert job.error() is None
    assert "latent shift needs a way in z" in job.found("latent_shift").problem
    assert job.found("saliency").attribution is not None


def test_a_setting_of_another_method_keeps_the_map(tiny_model: Path) -> None:
    before, after = question(tiny_model, "saliency"), question(tiny_model, "saliency", told=MethodChoice(n_steps=99))
    assert before.name("saliency") == after.name("saliency")
    assert before.name("integrated_gradients") != after.name("integrated_gradients")
    seeded = question(tiny_model, "saliency", told=MethodChoice(n_steps=4, seed=1))
    assert before.name("saliency") != seeded.name("saliency"), "the checks are random"


def test_a_mask_adds_how_far_the_map_lies_inside(tiny_model: Path) -> None:
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    mask[10:30, 10:30] = True
    job = CaseExplanation(question(tiny_model, "saliency", mask=mask), FoundMaps())
    job.wait(60)
    made = job.found("saliency").attribution
    assert made is not None
    inside = made.measure("energy_inside")
    assert inside is not None
    assert inside.value == pytest.approx(np.abs(made.map)[mask].sum() / np.abs(made.map).sum(), rel=1e-5)


def test_files_hold_the_very_maps_and_all_that_was_found(tiny_model: Path) -> None:
    job = CaseExplanation(question(tiny_model, "saliency", "latent_shift", is_checked=True), FoundMaps())
    job.wait(120)
    found = [job.found(method) for method in job.question.methods]
    maps = [one.attribution for one in found if one.attribution is not None]
    with zipfile.ZipFile(io.BytesIO(maps_archive(maps))) as archive:
        names = archive.namelist()
        stored = np.load(io.BytesIO(archive.read("saliency.npy")), allow_pickle=False)
    np.testing.assert_array_equal(stored, maps[0].map)
    assert len(names) == 2 + len(maps[1].parts)
    rows = list(csv.DictReader(io.StringIO(evaluation_csv("case", found))))
    assert tuple(rows[0]) == COLUMNS
    assert {row["kind"] for row in rows} == {"figure", "measure", "check", "verdict"}
    verdicts = {row["method"]: row["name"] for row in rows if row["kind"] == "verdict"}
    assert verdicts == {one.attribution.method: one.strip.verdict for one in found if one.attribution and one.strip}


def cohort_question(model: Path, pictures: Path, **changes: Any) -> CohortQuestion:
    opened = load_checkpoint(model).model
    files = sorted(pictures.rglob("*.png"))

    def read(row: int) -> Any:
        return read_image(files[row], size=(SIDE, SIDE), channels=1)

    asked: dict[str, Any] = {
        "model": opened, "target": ClassLogit(0), "method": "saliency", "baseline": "black",
        "settings": MethodSettings(), "read": read, "rows": tuple(range(len(files))),
        "labels": tuple(file.parent.name for file in files), "key": "k",
    }  # fmt: skip
    return CohortQuestion(**{**asked, **changes})


def test_pictures_that_cannot_be_read_are_counted_and_left_out(tiny_model: Path, tmp_path: Path) -> None:
    asked = cohort_question(tiny_model, write_pictures(tmp_path / "p", per_class=2))
    good = asked.read

    def read(row: int) -> Any:
        if row == 1:
            raise ImageError("gone.png cannot be opened")
        return good(row)

    job = CohortExplanation(cohort_question(tiny_model, tmp_path / "p", read=read))
    job.wait(60)
    assert job.left_out == ["gone.png cannot be opened"]
    assert {name: found.n for name, found in job.maps().items()} == {ALL: 3, "bright": 1, "dark": 2}
    maps = [attribute(asked.model, good(row).pixels, ClassLogit(0), method="saliency").map for row in (0, 2, 3)]
    np.testing.assert_allclose(job.maps()[ALL].mean, np.mean(maps, axis=0), atol=1e-6)
    np.testing.assert_allclose(job.maps()[ALL].spread, np.std(maps, axis=0, ddof=1), atol=1e-5)


def test_no_readable_picture_is_an_error_that_names_the_first(tiny_model: Path, tmp_path: Path) -> None:
    def read(row: int) -> Any:
        raise ImageError(f"picture {row} is damaged")

    job = CohortExplanation(cohort_question(tiny_model, write_pictures(tmp_path / "p", per_class=1), read=read))
    job.wait(60)
    assert "picture 0 is damaged" in str(job.error())


def test_a_row_says_that_nothing_is_known_yet() -> None:
    row = row_of("saliency", FoundMap(), is_checked=True, is_over=False)
    assert (row.main.heat, row.main.note, row.verdict) == (None, "being computed …", "")

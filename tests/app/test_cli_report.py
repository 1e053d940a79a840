"""`xaae report`: one file from checkpoint, latents and pictures; nothing of a patient in it."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from app.cli import main
from tests.app.cli_folders import SIDE, write_model, write_pictures
from tests.xaae_core.data.dicom_files import dicom_file
from xaae_core.demo import demo_checkpoint, demo_images, demo_latents

QUICK = ("--map", "pca", "--steps", 5)


def xaae(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def demo_report(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """The report on the demo with its own choice of cases."""
    out = tmp_path_factory.mktemp("report") / "r.html"
    made = xaae("report", demo_checkpoint(), "--latents", demo_latents(), "--data", demo_images(), "--out", out, *QUICK)
    assert made.exit_code == 0, made.output
    return made, out


def test_the_demos_report_moves_a_doubtful_and_a_clear_held_out_case(demo_report: tuple[Result, Path]):
    made, out = demo_report
    page = out.read_text(encoding="utf-8")
    assert page.count("<img ") == 3
    chances = [float(chance) for chance in re.findall(r"The model says [a-z ]+\(p = ([0-9.]+)\)", page)]
    assert 0.3 < chances[0] < 0.8
    assert chances[1] > 0.95
    assert page.count("of the split test") == 2
    assert "Good enough to explain." in made.stdout
    assert "2 cases moved" in made.stdout
    assert "drawing the map (pca) …" in made.stderr


def test_the_report_holds_no_path_of_this_machine(demo_report: tuple[Result, Path]):
    page = demo_report[1].read_text(encoding="utf-8")
    assert str(demo_images().parent) not in page
    assert str(Path.home()) not in page


def test_chosen_cases_are_moved_in_their_order_and_figures_come_as_json(tmp_path: Path):
    made = xaae(
        *("report", demo_checkpoint(), "--latents", demo_latents(), "--out", tmp_path / "r.html", "--json"),
        *("--case", "phantom-001196", "--case", "phantom-000954", "--map", "none", "--steps", 3),
    )
    assert made.exit_code == 0, made.output
    said = json.loads(made.stdout)
    assert [case["id"] for case in said["cases"]] == ["phantom-001196", "phantom-000954"]
    assert [len(case["trust"]) for case in said["cases"]] == [3, 3]
    assert said["quality"]["auroc"] > 0.99
    assert said["direction"]["target"] == "effusion"
    assert said["map"] is None


def test_the_card_alone_is_enough(tmp_path: Path):
    made = xaae("report", demo_checkpoint(), "--out", tmp_path / "r.html")
    assert made.exit_code == 0, made.output
    assert "No table of latents was given" in made.stderr
    assert "Chest phantoms (demo)" in (tmp_path / "r.html").read_text(encoding="utf-8")


TAGS = {
    "PatientName": "Mustermann^Erika", "PatientID": "PID-4711-XYZ", "PatientBirthDate": "19550312",
    "InstitutionName": "Klinikum Niemandsland", "ReferringPhysicianName": "Doktor^Allwissend",
    "StudyDescription": "secret complaint", "AccessionNumber": "ACC998877",
}  # fmt: skip


def test_nothing_of_a_patient_is_in_any_output(tmp_path: Path):
    """Invented tags go in; every byte that report, examples, attribute and project write is searched for them."""
    rng = np.random.default_rng(0)
    for level, name in enumerate(("bright", "dark")):
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(8):
            pixels = (rng.integers(0, 60, size=(SIDE, SIDE)) + 150 * (1 - level)).astype(np.uint8)
            (tmp_path / "data" / name / f"{number:02d}.dcm").write_bytes(dicom_file(pixels, **TAGS))
    model, latents, out = write_model(tmp_path / "m.safetensors"), tmp_path / "l.parquet", tmp_path / "out"
    case = tmp_path / "data" / "dark" / "03.dcm"
    for arguments in (
        ("extract", model, tmp_path / "data", "--out", latents),
        ("report", model, "--latents", latents, "--out", out / "r.html", *QUICK),
        ("examples", model, case, "--latents", latents, "--out", out / "like"),
        ("attribute", model, case, "--out", out / "why", "--method", "saliency"),
        ("project", latents, "--method", "pca", "--out", out / "map.csv", "--figure", out / "map.svg"),
    ):
        made = xaae(*arguments)
        assert made.exit_code == 0, made.output
        said = made.output
        assert not [tag for tag in TAGS.values() if tag in said]
    files = [latents, *(path for path in out.rglob("*") if path.is_file())]
    assert len(files) >= 10
    for path in files:
        content = path.read_bytes().lower()
        for tag in TAGS.values():
            for part in tag.lower().split("^"):
                assert part.encode() not in content, f"{part} is in {path.name}"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--case", "phantom-000954"), "need --latents"),
        (("--target", "effusion"), "need --latents"),
        (("--latents", demo_latents(), "--case", "nobody"), 'the case "nobody" is not in the table of 1200 cases'),
        (("--latents", demo_latents(), "--case", "phantom-000000"), "the picture of phantom-000000 was not found"),
        (("--latents", demo_latents(), "--target", "purple"), 'there is no target "purple"'),
        (("--steps", "6"), "6 is even"),
        (("--map", "globe"), "'globe' is not one of"),
    ],
)
def test_what_cannot_be_reported_is_refused_and_nothing_is_written(
    tmp_path: Path, options: tuple[object, ...], words: str
):
    refused = xaae("report", demo_checkpoint(), "--out", tmp_path / "r.html", *options)
    assert refused.exit_code == 2, refused.output
    assert words in " ".join(refused.stderr.split())
    assert refused.stdout == ""
    assert not list(tmp_path.iterdir())


def test_pictures_that_are_not_there_leave_a_report_without_cases(tmp_path: Path):
    folder = write_pictures(tmp_path / "data")
    model = write_model(tmp_path / "m.safetensors")
    assert xaae("extract", model, folder, "--out", tmp_path / "l.parquet").exit_code == 0
    folder.rename(tmp_path / "gone")
    made = xaae("report", model, "--latents", tmp_path / "l.parquet", "--out", tmp_path / "r.html", *QUICK)
    assert made.exit_code == 0, made.output
    assert "no picture of the table's cases was found" in made.stderr
    assert "0 cases moved" in made.stdout

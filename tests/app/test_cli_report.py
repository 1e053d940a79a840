"""`xaae report`: one file from a checkpoint and its data; nothing of a patient in it."""

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analysis.figures.archive import write_archive
from analysis.provenance import read_provenance
from app.cli import main
from app.views import View
from tests.analysis.report.made_reports import full_report
from tests.app.cli_folders import FEW_PIXELS, SIDE, write_model, write_pictures
from tests.byte_search import search_files
from tests.xaae_core.data.dicom_files import dicom_file
from xaae_core.case_tokens import case_token, short_token
from xaae_core.demo import demo_checkpoint, demo_images, demo_latents

QUICK = ("--map", "pca", "--steps", 5)


def xaae(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], default_map=FEW_PIXELS)


@pytest.fixture(scope="module")
def demo_report(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """The report on the demo with its own choice of cases."""
    out = tmp_path_factory.mktemp("report") / "r.html"
    made = xaae("report", demo_checkpoint(), demo_latents(), "--data", demo_images(), "--out", out, *QUICK)
    assert made.exit_code == 0, made.output
    return made, out


def test_the_demos_report_moves_a_doubtful_and_a_clear_held_out_case(demo_report: tuple[Result, Path]):
    made, out = demo_report
    page = out.read_text(encoding="utf-8")
    assert page.count("<img ") == 4  # held-out quality, two filmstrips, the map
    chances = [float(chance) for chance in re.findall(r"The model says [a-z ]+\(p = ([0-9.]+)\)", page)]
    assert 0.3 < chances[0] < 0.8
    assert chances[1] > 0.95
    assert page.count("of the split test. The model says") == 2
    assert "Good enough to explain." in made.stdout
    assert "2 cases moved" in made.stdout
    assert "drawing the map (pca) …" in made.stderr


def test_the_pictures_beside_a_table_are_checked(demo_report: tuple[Result, Path]):
    page = demo_report[1].read_text(encoding="utf-8")
    assert "22 images, 2 classes" in page
    assert "The check found 2 warnings" in page


def test_the_report_holds_no_path_of_this_machine_and_no_name_of_a_case(demo_report: tuple[Result, Path]):
    out = demo_report[1]
    assert not search_files([out], [str(demo_images().parent), str(Path.home()), "phantom-0"], root=out.parent)


def test_its_figures_reopen_the_pages_that_show_them(demo_report: tuple[Result, Path]):
    page = demo_report[1].read_text(encoding="utf-8")
    files = [base64.b64decode(found) for found in re.findall(r'<img src="data:[\w/+]+;base64,([^"]+)"', page)]
    told = [read_provenance(file).provenance for file in files]
    views = [View.from_json(each.view) for each in told]
    assert sorted(view.page for view in views) == ["maps", "start", "traverse", "traverse"]
    for each, view in zip(told, views, strict=True):
        if view.page == "traverse":
            assert view.query["case"] == each.case_ids
            assert view.query["target"] == ("effusion",)


def test_a_folder_is_encoded_checked_and_reported_as_a_pdf(tmp_path: Path):
    folder = write_pictures(tmp_path / "data")
    model = write_model(tmp_path / "m.safetensors")
    archive = tmp_path / "kept.figures"
    archive.write_bytes(write_archive([full_report().cases[0].figure.noted("from the basket")]))
    more = ("--figures", archive, "--columns", "single", "--author", "A. Author")
    made = xaae("report", model, folder, "--out", tmp_path / "r.pdf", *QUICK, *more)
    assert made.exit_code == 0, made.output
    assert "encoded 16 of 16" in made.stderr
    assert "checked 16 of 16" in made.stderr
    found = read_provenance((tmp_path / "r.pdf").read_bytes())
    kinds = [panel["kind"] for panel in found.provenance.settings["panels"]]
    assert kinds == ["quality", "path", "path", "map", "path"]
    assert found.warnings == ()


def test_the_check_can_be_left_out(tmp_path: Path):
    model = write_model(tmp_path / "m.safetensors")
    folder = write_pictures(tmp_path / "data", per_class=4)
    made = xaae("report", model, folder, "--out", tmp_path / "r.html", "--no-check", "--map", "none", "--steps", 3)
    assert made.exit_code == 0, made.output
    assert "checked" not in made.stderr.replace("were not checked", "")
    assert "The data were not checked" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_chosen_cases_are_moved_in_their_order_and_figures_come_as_json(tmp_path: Path):
    made = xaae(
        *("report", demo_checkpoint(), "--latents", demo_latents(), "--out", tmp_path / "r.html", "--json"),
        *("--case", "phantom-001196", "--case", "phantom-000954", "--map", "none", "--steps", 3),
    )
    assert made.exit_code == 0, made.output
    said = json.loads(made.stdout)
    assert [case["id"] for case in said["cases"]] == ["phantom-001196", "phantom-000954"]
    assert [case["token"] for case in said["cases"]] == [case_token("phantom-001196"), case_token("phantom-000954")]
    assert [len(case["trust"]) for case in said["cases"]] == [3, 3]
    assert said["quality"]["auroc"] > 0.99
    assert said["direction"]["target"] == "effusion"
    assert said["map"] is None
    assert said["data_check"] is None
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert page.index(short_token("phantom-001196")) < page.index(short_token("phantom-000954"))


def test_the_card_alone_is_enough(tmp_path: Path):
    made = xaae("report", demo_checkpoint(), "--out", tmp_path / "r.html", "--title", "What we know")
    assert made.exit_code == 0, made.output
    assert "No table of latents was given" in made.stderr
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Chest phantoms (demo)" in page
    assert "<h1>What we know</h1>" in page


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
        ("report", model, tmp_path / "data", "--latents", latents, "--out", out / "r.html", *QUICK),
        ("report", model, tmp_path / "data", "--latents", latents, "--out", out / "r.pdf", *QUICK),
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
    needles = [part for tag in TAGS.values() for part in tag.split("^")]
    assert not search_files(files, needles, root=tmp_path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--case", "phantom-000954"), "need DATA or --latents"),
        (("--target", "effusion"), "need DATA or --latents"),
        ((demo_latents(), "--latents", demo_latents()), "DATA is a table of latents: leave --latents out"),
        ((demo_images(), "--data", demo_images()), "name two places"),
        (("--latents", demo_latents(), "--case", "nobody"), 'the case "nobody" is not in the table of 1200 cases'),
        (("--latents", demo_latents(), "--case", "phantom-000000"), "the picture of phantom-000000 was not found"),
        (("--latents", demo_latents(), "--target", "purple"), 'there is no target "purple"'),
        (("--steps", "6"), "6 is even"),
        (("--map", "globe"), "'globe' is not one of"),
        (("--width-mm", "20"), "20"),
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


def test_a_place_where_nothing_can_be_written_is_refused_before_the_work(tmp_path: Path, monkeypatch):
    for name, words in (
        ("r.doc", "expected an ending of .html or .pdf"),
        ("file/r.pdf", "nothing can be written into"),
    ):
        (tmp_path / "file").write_text("no folder")
        refused = xaae("report", tmp_path / "no model", "--out", tmp_path / name)
        assert refused.exit_code == 2
        assert words in " ".join(refused.stderr.split())
    monkeypatch.setattr("os.access", lambda path, mode: False)
    refused = xaae("report", tmp_path / "no model", "--out", tmp_path / "r.pdf")
    assert "nothing can be written into" in " ".join(refused.stderr.split())
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_too_many_figures_and_files_that_hold_none_are_refused(tmp_path: Path):
    (tmp_path / "many").write_bytes(write_archive([full_report().cases[0].figure] * 101))
    (tmp_path / "none").write_bytes(b"nothing of the kind")
    for name, words in (("many", "101 figures; a report takes up to 100: leave some out"), ("none", "none")):
        refused = xaae("report", demo_checkpoint(), "--out", tmp_path / "r.html", "--figures", tmp_path / name)
        assert refused.exit_code == 2, refused.output
        assert words in " ".join(refused.stderr.split())
    assert not (tmp_path / "r.html").exists()


def test_pictures_that_are_not_there_leave_a_report_without_cases(tmp_path: Path):
    folder = write_pictures(tmp_path / "data")
    model = write_model(tmp_path / "m.safetensors")
    assert xaae("extract", model, folder, "--out", tmp_path / "l.parquet").exit_code == 0
    folder.rename(tmp_path / "gone")
    made = xaae("report", model, "--latents", tmp_path / "l.parquet", "--out", tmp_path / "r.html", *QUICK)
    assert made.exit_code == 0, made.output
    assert "no picture of the table's cases was found" in made.stderr
    assert "0 cases moved" in made.stdout

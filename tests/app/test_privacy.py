"""Nothing of a patient leaves the house: everything is exported from invented patients, and every byte is searched.

Tables of *cases* name them by their ids, which are file names, since people join on them: in these only what the tags
say is looked for. So are settings files, which repeat a command and therefore name its data, and what a command says in
its user's own terminal.
"""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from tests.app.cli_folders import FEW_PIXELS
from tests.app.patient_folder import FILE_WORDS, PatientFolder, write_patients
from tests.byte_search import Hit, search_bytes, search_files
from xaae_core.case_tokens import case_token

TINY = (
    *("--size", 48, "--encoder", "small:8-16", "--dims", 4, "--batch-size", 8, "--recons-metric", "ssim"),
    *("--epochs-adv", 1, "--epochs-ae", 1, "--epochs-classif", 1, "--epochs-consistency", 1, "--epochs-sharpening", 1),
)
OF_CASES = (
    *(".latents.parquet", "settings.toml", "maps.csv", "maps.parquet"),
    *("examples.csv", "labels.csv", "pictures.csv", "evaluation.csv", "summary.csv", "attribution.json"),
)
"""Endings of files that name cases, or the data, because they are made for that; the last is what --json prints."""


pytestmark = pytest.mark.slow


@dataclass
class Exported:
    """What was written.

    Attributes:
        folder: everything that commands wrote.
        patients: the study.
        said: of each command what it said in the terminal.
    """

    folder: Path
    patients: PatientFolder
    said: dict[str, str] = field(default_factory=dict)

    def run(self, name: str, *arguments: object, codes: tuple[int, ...] = (0,)) -> None:
        asked = [str(argument) for argument in (*name.split(), *arguments)]
        result = CliRunner().invoke(main, asked, default_map=FEW_PIXELS)
        assert result.exit_code in codes, f"{name}: {result.output}\n{result.exception!r}"
        self.said[" ".join(map(str, (name, *arguments[-2:])))] = result.output

    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Everything that commands can write of the study."""
    root = tmp_path_factory.mktemp("privacy")
    made = Exported(root / "out", write_patients(root / "study"))
    study, run = made.patients.root, made.folder / "run"
    model, latents = run / "model.safetensors", run / "model.latents.parquet"
    case = study / made.patients.files[0]
    of_table = ("--latents", latents, "--data", study)
    out = made.folder
    made.run("check-data", study, "--json", codes=(0, 3))
    made.run("check-data", study, codes=(0, 3))
    made.run("train", study, "--out", run, *TINY, "--target", "nodule")
    made.run("extract", model, study, "--out", out / "again.latents.parquet")
    made.run("direction", latents, "--target", "nodule", "--json")
    made.run("traverse", model, case, "--latents", latents, "--out", out / "path", "--steps", 3, "--json")
    for form in ("png", "svg", "pdf"):
        made.run("project", latents, "--method", "pca", "--out", out / f"maps.{('csv', 'parquet')[form == 'svg']}",
            "--figure", out / f"map.{form}")  # fmt: skip
    made.run("attribute", model, case, *of_table, "--out", out / "attributions", "--method", "saliency", "--evaluate",
        "--mask", study / made.patients.files[0].replace(".dcm", "_mask.png"))  # fmt: skip
    made.run("attribute", model, case, study / made.patients.files[1], "--out", out / "many", "--method", "saliency")
    made.run("examples", model, case, *of_table, "--out", out / "examples")
    made.run("labels", model, *of_table, "--out", out / "labels")
    made.run("localise", model, study, "--latents", latents, "--out", out / "localised", "--limit", 4,
        "--method", "saliency", "--resamples", 100)  # fmt: skip
    made.run("sample", model, "--latents", latents, "--out", out / "samples", "-n", 4)
    for form in ("html", "pdf"):
        made.run("report", model, *of_table, "--out", out / f"report.{form}", "--map", "pca", "--steps", 3)
    made.run("reopen", out / "map.pdf", "--print", "--checkpoint", model)
    made.run("curves", run, "--out", out / "curves.svg", "--quality", out / "quality.svg")
    return made


def told(hits: list[Hit]) -> str:
    return "\n".join(f"{hit.needle!r} in {hit.where}" for hit in hits)


def test_no_file_holds_what_a_tag_says(exported: Exported) -> None:
    assert len(exported.files()) > 20
    hits = search_files(exported.files(), exported.patients.tag_texts(), root=exported.folder)
    assert not hits, told(hits)


def test_no_file_but_tables_of_cases_holds_a_patients_file_name(exported: Exported) -> None:
    files = [path for path in exported.files() if not path.name.endswith(OF_CASES)]
    hits = search_files(files, FILE_WORDS, root=exported.folder)
    assert not hits, told(hits)


def test_the_search_reads_what_figures_hold(exported: Exported) -> None:
    """The token of the case that was moved is in every figure of its path, so its name would have been seen."""
    token = case_token(exported.patients.files[0])
    moved = [
        path for path in (exported.folder / "path").iterdir() if path.suffix in (".gif", ".mp4", ".png", ".svg", ".pdf")
    ]
    assert len(moved) >= 4
    for path in moved:
        assert search_bytes(path.read_bytes(), [token]), path.name


def test_no_command_says_what_a_tag_says(exported: Exported) -> None:
    for command, said in exported.said.items():
        hits = search_bytes(said.encode(), exported.patients.tag_texts(), where=command)
        assert not hits, told(hits)

"""Reports on a model that nobody trained, and readers of what is written."""

from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from analysis.figures.figure import Figure
from analysis.provenance import Provenance
from analysis.report import CasePicture, Report, ReportSettings, make_report
from tests.analysis.figures.drawings import Wave
from tests.analysis.latent_tables import two_clouds
from tests.app.cli_folders import SIDE, write_model
from xaae_core.checkpoints import Checkpoint, load_checkpoint
from xaae_core.data.checks import CheckReport, Finding
from xaae_core.data.dataset import ImageDataset, read_dataset

QUICK = ReportSettings(n_steps=5, span=2, map_method="pca")
VOID = {"meta", "img", "br"}
HOSTILE = '<script>alert("x")</script>&amp;" onload=$5 and $6 <b>&"'


class Reader(HTMLParser):
    """Reads a page: its text, its tags with their attributes, and whether every tag is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.tags, self.open = "", [], []
        self.feed(page)
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.text += data + "\n"


@cache
def checkpoint() -> Checkpoint:
    """Of the classes no and yes."""
    with TemporaryDirectory() as folder:
        return load_checkpoint(write_model(Path(folder) / "m.safetensors", classes=("no", "yes")))


def pictures(n: int = 1) -> list[CasePicture]:
    rng = np.random.default_rng(0)
    return [
        CasePicture(f"Muster-Erika-{row}", rng.random((1, SIDE, SIDE)).astype(np.float32), "yes", "test")
        for row in range(n)
    ]


def wave(title: str = "A wave for the paper", *, note: str = "", caption: str = "") -> Figure:
    told = Provenance(kind="wave", checkpoint_sha256="12" * 32, seed=5, settings={"methods": ["umap"]})
    return Figure(Wave(), told, title, note, caption)


def a_check(folder: Path) -> CheckReport:
    """A data check with a finding of each level; two name files."""
    from PIL import Image

    for name in ("no", "yes"):
        (folder / name).mkdir(parents=True)
        Image.new("L", (16, 16), 9).save(folder / name / f"Muster-Erika-{name}.png")
    dataset: ImageDataset = read_dataset(folder)
    case = dataset.ids[0]
    findings = (
        Finding.about("copies", "stop", f"{case} is a copy", "Results are wrong.", "Take it out.", cases=[case]),
        Finding("names", "warn", f"Names look like patients ({Path(dataset.ids[1]).name})", "", "Add a column."),
        Finding("sizes", "good", "All pictures are of 16×16 px"),
    )
    return CheckReport(dataset, findings, {"no": {"train": 1.0, "valid": 0.0, "test": 0.0}, "yes": {"train": 1.0}})


@cache
def full_report() -> Report:
    """With everything that a report can hold."""
    with TemporaryDirectory() as folder:
        checked = a_check(Path(folder))
    return make_report(
        checkpoint(),
        two_clouds(dims=4),
        pictures(2),
        figures=[wave(note='Mind the <b>&" peak.'), wave("Another", caption="An edited caption.")],
        data_check=checked,
        settings=QUICK,
        author="Ä. Author",
    )


def hostile_report() -> Report:
    """With names that would be markup elsewhere."""
    made = checkpoint()
    named = replace(made, card=replace(made.card, name=HOSTILE, note=HOSTILE, data_name=HOSTILE))
    case = replace(pictures()[0], id=HOSTILE, label=HOSTILE)
    figures = [wave(HOSTILE, note=HOSTILE, caption=HOSTILE)]
    return make_report(named, two_clouds(dims=4), [case], figures=figures, settings=QUICK, author=HOSTILE)

"""Tables of latents: read, encoded, written and read again, with what could not be read named."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from xaae_core.errors import LatentTableError
from xaae_core.latents import LatentTable, encode_images, extract_latents, read_latents, write_latents
from xaae_core.models import Encoding, add_xaae_blocks, build_encoder


@dataclass
class Folder:
    """The least that `extract_latents` asks of a data set."""

    paths: list[Path]
    classes: tuple[str, ...] = ("healthy", "ill")
    columns: dict = field(default_factory=dict)
    fingerprint: str = "f00d"
    target_name: str = "label"
    values: None = None

    @property
    def ids(self):
        return [path.stem for path in self.paths]

    @property
    def labels(self):
        return np.arange(len(self.paths)) % 2

    @property
    def split(self):
        return ["train", "valid", "test"][: len(self.paths)] + ["test"] * (len(self.paths) - 3)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return add_xaae_blocks(build_encoder("small:4-6", 1), (24, 32), 1, 5, 2).eval()


@pytest.fixture
def folder(tmp_path):
    """Seven grey pictures, each brighter than the last."""
    rng = np.random.default_rng(0)
    paths = []
    for index in range(7):
        pixels = rng.integers(30 * index, 30 * index + 60, (24, 32), dtype=np.uint8)
        paths.append(tmp_path / f"case-{index}.png")
        Image.fromarray(pixels).save(paths[-1])
    return Folder(paths, columns={"severity": np.linspace(0, 1, 7)})


def table(n=6, dims=3, classes=("healthy", "ill"), **columns):
    rng = np.random.default_rng(0)
    return LatentTable(
        z=rng.normal(size=(n, dims)).astype(np.float32),
        ids=np.array([f"case {i} ü" for i in range(n)]),
        paths=np.array([f"/data/{i}.png" if i else "" for i in range(n)]),
        split=np.array(["train", "valid", "test"])[np.arange(n) % 3],
        labels=np.arange(n) % (len(classes) + 1) - 1,
        probabilities=rng.dirichlet(np.ones(len(classes)), n).astype(np.float32),
        classes=classes,
        columns=columns,
        checkpoint_sha256="abc",
        data_fingerprint="def",
        skipped=(("case x", "broken: ≠"),),
    )


def same(a, b):
    arrays = all(
        np.array_equal(getattr(a, name), getattr(b, name))
        for name in ("z", "ids", "paths", "split", "labels", "probabilities")
    )
    plain = all(getattr(a, n) == getattr(b, n) for n in ("classes", "checkpoint_sha256", "data_fingerprint", "skipped"))
    return arrays and plain


@pytest.mark.parametrize("batch_size", [1, 3, 7, 100])
def test_every_case_is_encoded_in_its_row(model, folder, batch_size):
    done = []
    found = extract_latents(
        model, folder, checkpoint_sha256="abc", batch_size=batch_size, progress=lambda n, of: done.append((n, of))
    )
    for row, path in enumerate(folder.paths):
        pixels = torch.tensor(np.asarray(Image.open(path)) / 255, dtype=torch.float32)[None, None]
        with torch.no_grad():
            z = model.encode(pixels).z
            chances = model.classify(z).softmax(1)
        np.testing.assert_allclose(found.z[row], z[0], atol=1e-5)
        np.testing.assert_allclose(found.probabilities[row], chances[0], atol=1e-5)
    assert list(found.ids) == folder.ids
    assert list(found.paths) == [str(path) for path in folder.paths]
    assert list(found.split) == list(folder.split)
    assert list(found.labels) == [0, 1, 0, 1, 0, 1, 0]
    assert list(found.columns["severity"]) == list(folder.columns["severity"])
    assert (found.checkpoint_sha256, found.data_fingerprint, found.classes) == ("abc", "f00d", ("healthy", "ill"))
    assert done[-1] == (7, 7)
    assert len(done) == -(-7 // batch_size)
    assert list(found.predictions) == list(found.probabilities.argmax(1))


@pytest.mark.parametrize("broken", [[0], [2, 3], [6]])
def test_pictures_that_cannot_be_read_are_left_out_and_named(model, folder, broken):
    for index in broken:
        folder.paths[index].write_bytes(folder.paths[index].read_bytes()[:60])
    found = extract_latents(model, folder, batch_size=2)
    assert [case for case, _ in found.skipped] == [f"case-{index}" for index in broken]
    assert all(f"case-{index}.png" in reason for index, (_, reason) in zip(broken, found.skipped, strict=True))
    assert list(found.ids) == [case for i, case in enumerate(folder.ids) if i not in broken]
    assert list(found.labels) == [i % 2 for i in range(7) if i not in broken]
    assert len(found.columns["severity"]) == len(found) == 7 - len(broken)


def test_a_set_without_one_readable_picture_is_refused(model, folder):
    for path in folder.paths:
        path.write_bytes(b"no picture")
    with pytest.raises(LatentTableError, match=r"none of the 7 cases could be read; the first: .*case-0"):
        extract_latents(model, folder)


def test_an_exception_of_progress_cancels(model, folder):
    def stop(done, of):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        extract_latents(model, folder, batch_size=2, progress=stop)


def test_a_model_without_a_classifier_has_no_probabilities(tmp_path):
    class Unlabelled:
        input_size, input_channels, encoding_dims, classes = (4, 4), 1, 2, 0

        def encode(self, x):
            return Encoding(x.flatten(1)[:, :2])

        def classify(self, z):
            return None

    z, said = encode_images(Unlabelled(), torch.rand(3, 1, 4, 4))
    chances = said.chances(3)
    assert (z.shape, chances.shape) == ((3, 2), (3, 0))
    assert said.values is None
    bare = LatentTable(z, *(np.array(["a", "b", "c"]),) * 3, np.full(3, -1), chances, ())
    assert list(bare.predictions) == [-1, -1, -1]
    again = read_latents(write_latents(bare, tmp_path / "t.parquet"))
    assert same(again, bare)
    assert again.probabilities.shape == (3, 0)


@pytest.mark.parametrize("n", [0, 1, 6])
def test_parquet_gives_back_what_was_written(tmp_path, n):
    columns = {
        "severity": np.linspace(0, 1, n),
        "site": np.array(["A", "B"])[np.arange(n) % 2],
        "count": np.arange(n),
        "flag": np.arange(n) > 2,
        "gap": np.where(np.arange(n) % 2, np.nan, 1.5),
    }
    first = table(n, **columns)
    again = read_latents(write_latents(first, tmp_path / "new folder" / "t.parquet"))
    assert same(first, again)
    assert again.z.dtype == again.probabilities.dtype == np.float32
    assert again.labels.dtype == np.int64
    assert again.columns.keys() == columns.keys()
    for name, values in columns.items():
        np.testing.assert_array_equal(again.columns[name], values)
    if n:
        assert {name: again.columns[name].dtype.kind for name in columns} == {
            "severity": "f", "site": "U", "count": "i", "flag": "b", "gap": "f",
        }  # fmt: skip


def test_other_programs_can_read_the_file(tmp_path):
    import pandas

    first = table(severity=np.arange(6.0))
    frame = pandas.read_parquet(write_latents(first, tmp_path / "t.parquet"))
    assert list(frame["id"]) == list(first.ids)
    assert list(frame["column:severity"]) == list(range(6))
    np.testing.assert_array_equal(np.stack(frame["z"]), first.z)


def test_a_folder_name_is_not_taken_for_data(tmp_path):
    path = write_latents(table(), tmp_path / "seed=3" / "t.parquet")
    assert read_latents(path).columns == {}


def _parquet(path, **columns):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table(columns), path)


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_table_is_refused(tmp_path, share):
    path = write_latents(table(50), tmp_path / "t.parquet")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(LatentTableError, match=r"t\.parquet is not a table of latents"):
        read_latents(path)


@pytest.mark.parametrize("what", ["missing", "a folder", "text", "another table", "plain numbers for z"])
def test_something_else_than_a_table_is_refused(tmp_path, what):
    path = tmp_path / "t.parquet"
    if what == "a folder":
        path.mkdir()
        write_latents(table(), path / "inner.parquet")
    elif what == "text":
        path.write_text("id,z\n1,2\n")
    elif what == "another table":
        _parquet(path, a=[1, 2], b=["x", "y"])
    elif what == "plain numbers for z":
        import pyarrow.parquet as pq

        arrow = pq.read_table(write_latents(table(), path))
        index = arrow.column_names.index("z")
        pq.write_table(arrow.set_column(index, "z", arrow["label"]), path)
    with pytest.raises(LatentTableError, match=r"t\.parquet is not a table of latents.*xaae extract"):
        read_latents(path)


@pytest.mark.parametrize("seed", range(15))
def test_a_damaged_table_ends_in_our_error_or_in_a_table(tmp_path, seed):
    path = write_latents(table(40, severity=np.arange(40.0)), tmp_path / "t.parquet")
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(seed)
    for place in rng.integers(len(data), size=6):
        data[place] ^= int(rng.integers(1, 256))
    path.write_bytes(data)
    try:
        assert len(read_latents(path)) >= 0
    except LatentTableError:
        return


def test_rows_and_cases_are_found():
    full = table(severity=np.arange(6.0))
    part = full.rows(full.split == "train")
    assert list(part.ids) == ["case 0 ü", "case 3 ü"]
    assert list(part.columns["severity"]) == [0, 3]
    assert same(full.rows(np.arange(6)), full)
    assert full.row_of("case 4 ü") == 4
    with pytest.raises(LatentTableError, match='case "nobody" is not in the table of 6'):
        full.row_of("nobody")


def test_arrays_are_read_only_and_the_callers_are_left_alone():
    z = np.zeros((2, 3), np.float32)
    severity = np.arange(2.0)
    names = np.array(["a", "b"])
    made = LatentTable(z, names, names, names, np.zeros(2, int), np.ones((2, 1), np.float32), ("x",), {"s": severity})
    for array in (made.z, made.ids, made.labels, made.probabilities, made.columns["s"]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    assert z.flags.writeable
    assert severity.flags.writeable


def test_columns_of_other_lengths_and_labels_without_a_class_are_refused():
    names = np.array(["a", "b"])
    with pytest.raises(LatentTableError, match=r"other lengths: \{'labels': 3, 's': 1\}"):
        LatentTable(np.zeros((2, 3)), names, names, names, np.zeros(3), np.ones((2, 1)), ("x",), {"s": np.zeros(1)})
    with pytest.raises(LatentTableError, match="z has shape"):
        LatentTable(np.zeros(2), names, names, names, np.zeros(2), np.ones((2, 1)), ("x",))
    with pytest.raises(LatentTableError, match="a label is 1, but there are 1 classes"):
        LatentTable(np.zeros((2, 3)), names, names, names, np.array([0, 1]), np.ones((2, 1)), ("x",))

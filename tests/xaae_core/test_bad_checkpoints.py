"""Files from strangers: every one ends in an error of ours, nothing is executed, nothing large is allocated."""

import contextlib
import dataclasses
import json
import os
import pickle  # noqa: TID251  (what is refused here must first be made)
import struct
import tracemalloc
import zipfile

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from xaae_core.checkpoints import load_checkpoint, read_state_dict, save_checkpoint
from xaae_core.errors import CheckpointError, DamagedCheckpointError, NotACheckpointError, WrongModelError
from xaae_core.model_card import build_model, card_for
from xaae_core.models import AAE, add_xaae_blocks, build_encoder
from xaae_core.pth_files import LARGEST_PICKLE

CUTS = [0, 1, 2, 3, 4, 7, 8, 9, 16, 40, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, -100, -22, -1]


class Payload:
    """Pickles as a call that makes a file."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.fixture(scope="module")
def blocks():
    torch.manual_seed(0)
    model = add_xaae_blocks(build_encoder("small:4-6", 1), (24, 16), 1, 5, 3, encoder_spec="small:4-6")
    build_model(dataclasses.replace(card_for(model), layout={}))  # torch's own lazy imports are not to be measured
    return model


@pytest.fixture(scope="module")
def files(blocks, tmp_path_factory):
    """The same weights in every format that is read."""
    folder = tmp_path_factory.mktemp("good")
    save_checkpoint(blocks, folder / "a.safetensors", card_for(blocks))
    torch.save(blocks.state_dict(), folder / "b.pth")
    torch.save(blocks.state_dict(), folder / "c.pth", _use_new_zipfile_serialization=False)
    return {"safetensors": folder / "a.safetensors", "pth": folder / "b.pth", "old pth": folder / "c.pth"}


def peak_bytes(function):
    """Python's own peak while a function runs and raises a CheckpointError; torch's is watched by `no_tensors`."""
    tracemalloc.start()
    with pytest.raises(CheckpointError) as caught:
        function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, caught.value


@pytest.fixture
def no_tensors(monkeypatch):
    """No tensor with memory of more than a megabyte may be made."""
    made = torch.nn.Parameter.__new__

    def watched(cls, data=None, requires_grad=True):
        assert data is None or data.is_meta or data.numel() < 250_000
        return made(cls, data, requires_grad)

    monkeypatch.setattr(torch.nn.Parameter, "__new__", watched)


@pytest.mark.parametrize("kind", ["safetensors", "pth", "old pth"])
def test_every_good_file_opens(files, blocks, kind):
    model = add_xaae_blocks(build_encoder("small:4-6", 1), (24, 16), 1, 5, 3)
    load_checkpoint(files[kind], model=model)
    assert all(torch.equal(v, blocks.state_dict()[k]) for k, v in model.state_dict().items())


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("kind", ["safetensors", "pth", "old pth"])
def test_truncated_at_any_length(files, tmp_path, blocks, kind, cut):
    whole = files[kind].read_bytes()
    length = int(len(whole) * cut) if isinstance(cut, float) else cut if cut >= 0 else len(whole) + cut
    path = tmp_path / files[kind].name
    path.write_bytes(whole[:length])
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(path, model=add_xaae_blocks(build_encoder("small:4-6", 1), (24, 16), 1, 5, 3))
    assert path.name in str(caught.value)
    if cut == 0:
        assert "is empty (0 bytes)" in str(caught.value)
    if length > 200 and kind != "old pth":
        assert isinstance(caught.value, DamagedCheckpointError)


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("kind", ["safetensors", "pth", "old pth"])
def test_flipped_bytes_end_in_our_errors_or_in_a_model(files, tmp_path, kind, seed):
    """Damage in the header, the index or the weights: no other exception ever comes out."""
    generator = torch.Generator().manual_seed(seed)
    data = bytearray(files[kind].read_bytes())
    reach = 3000 if seed % 2 else len(data)
    for place in torch.randint(reach, (8,), generator=generator).tolist():
        data[place] ^= int(torch.randint(1, 256, (1,), generator=generator))
    path = tmp_path / files[kind].name
    path.write_bytes(data)
    with contextlib.suppress(CheckpointError):
        load_checkpoint(path, model=add_xaae_blocks(build_encoder("small:4-6", 1), (24, 16), 1, 5, 3))


@pytest.mark.parametrize("name", ["model.safetensors", "model.pth", "model"])
@pytest.mark.parametrize(
    "content", [b"<!doctype html><html>not found</html>", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, b"a" * 5, b"\0" * 64]
)
def test_something_else_altogether(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NotACheckpointError, match=f"{name} is not a checkpoint: expected safetensors"):
        load_checkpoint(tmp_path / name)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", ["model.pth", "model.pkl", "model.safetensors"])
def test_a_pickle_is_refused_and_not_run(tmp_path, protocol, name):
    path = tmp_path / name
    path.write_bytes(pickle.dumps(Payload(tmp_path / "ran"), protocol=protocol))
    with pytest.raises(NotACheckpointError) as caught:
        load_checkpoint(path)
    assert not (tmp_path / "ran").exists()
    if protocol >= 2 or name.endswith(".pkl"):
        assert "is a pickle; unpickling could run any code" in str(caught.value)
        assert "save_checkpoint(learn.model" in str(caught.value)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("is_zip", [True, False])
def test_an_exported_learner_is_refused_with_the_way_out(tmp_path, protocol, is_zip):
    path = tmp_path / "export.pkl"
    learner = [nn.Linear(2, 2), Payload(tmp_path / "ran")]  # a whole model among other objects
    torch.save(learner, path, pickle_protocol=protocol, _use_new_zipfile_serialization=is_zip)
    with pytest.raises(NotACheckpointError, match=r"could run any code") as caught:
        load_checkpoint(path)
    assert "learn.save('name', with_opt=False)" in str(caught.value)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("key", ["model", "opt", "weights"])
def test_a_payload_among_real_weights_is_not_run(blocks, tmp_path, protocol, key):
    state = {"model": blocks.state_dict(), "opt": {}, key: Payload(tmp_path / "ran")}
    torch.save(state, tmp_path / "m.pth", pickle_protocol=protocol)
    for read in (read_state_dict, lambda path: load_checkpoint(path, model=blocks)):
        with pytest.raises(NotACheckpointError, match="not only weights"):
            read(tmp_path / "m.pth")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "code",
    [
        b"\x80\x02cposix\nmkdir\nX%s\x85R.",
        b"\x80\x04\x8c\x05posix\x8c\x05mkdir\x93X%s\x85R.",
        b"\x80\x02(X%siposix\nmkdir\n.",
        b"\x80\x02cbuiltins\neval\nX%s\x85R.",
        b"\x80\x02cnumpy\nfromfile\nX%s\x85R.",
        b"\x80\x02ctorch\nload\nX%s\x85R.",
    ],
    ids=["GLOBAL", "STACK_GLOBAL", "INST", "eval", "numpy", "torch.load"],
)
def test_every_way_to_name_code_in_an_archive_is_refused(tmp_path, code):
    target = str(tmp_path / "ran").encode()
    path = tmp_path / "m.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("m/data.pkl", code.replace(b"%s", struct.pack("<I", len(target)) + target))
        archive.writestr("m/version", "3\n")
    with pytest.raises(NotACheckpointError, match="holds pickled objects"):
        read_state_dict(path)
    assert not (tmp_path / "ran").exists()


def test_tables_of_something_else_than_tensors_are_refused(tmp_path):
    for index, value in enumerate(({"a": 1}, [torch.zeros(1)], {"model": {"a": "b"}}, 3)):
        torch.save(value, tmp_path / f"{index}.pth")
        with pytest.raises(NotACheckpointError, match="holds no table of weights"):
            read_state_dict(tmp_path / f"{index}.pth")


def test_what_fastai_saves_with_its_optimizer_is_read_without_the_optimizer(tmp_path):
    """learn.save writes fastcore lists and NumPy numbers: they are read as empty shells."""
    from fastai import learner

    data = [(torch.randn(4), torch.tensor(index % 2)) for index in range(8)]
    dls = learner.DataLoaders.from_dsets(data, data, bs=4, device="cpu")
    learn = learner.Learner(dls, nn.Linear(4, 2), loss_func=nn.CrossEntropyLoss(), path=tmp_path)
    learn.remove_cbs([callback for callback in learn.cbs if callback.name in ("progress", "recorder")])
    learn.fit(1)
    path = learn.save("both")
    assert zipfile.ZipFile(path).read("both/data.pkl").count(b"fastcore.foundation\nL\n") == 1
    state = read_state_dict(path)
    assert torch.equal(state["weight"], learn.model.weight)
    assert set(state) == {"weight", "bias"}


def test_a_zip_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb/data.pkl", b"\x80\x02" + b"0" * (64 * 2**20))
    assert path.stat().st_size < 2**20
    peak, error = peak_bytes(lambda: read_state_dict(path))
    assert "claim more bytes than the file has" in str(error)
    assert peak < 4 * 2**20


def test_compressed_weights_are_refused_however_small(files, tmp_path):
    path = tmp_path / "m.pth"
    with zipfile.ZipFile(files["pth"]) as good, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in good.infolist():
            archive.writestr(entry.filename, good.read(entry))
        archive.comment = b" " * 60_000  # so that not even the sum of the parts is more than the file
        parts = sum(entry.file_size for entry in archive.infolist())
    assert parts < path.stat().st_size
    with pytest.raises(DamagedCheckpointError, match=r"torch\.save never writes such a file"):
        read_state_dict(path)


def test_entries_that_share_their_bytes_are_refused(tmp_path):
    """Overlapping entries: a small file that unpacks to a large one without any compression."""
    path = tmp_path / "m.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("m/data.pkl", b"\x80\x02}.")
        archive.writestr("m/data/0", b"\0" * 1000)
        archive.filelist += [archive.filelist[1]] * 50
    with pytest.raises(DamagedCheckpointError, match="claim more bytes than the file has"):
        read_state_dict(path)


def test_an_index_of_endless_length_is_not_read(tmp_path):
    path = tmp_path / "m.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("m/data.pkl", b"\x80\x02" + b"N0" * (LARGEST_PICKLE // 2) + b".")
    peak, error = peak_bytes(lambda: read_state_dict(path))
    assert "not one of torch.save" in str(error)
    assert peak < 2 * 2**20


@pytest.mark.parametrize("n_pickles", [0, 2])
def test_archives_that_are_not_of_torch(tmp_path, n_pickles):
    with zipfile.ZipFile(tmp_path / "m.pth", "w") as archive:
        archive.writestr("readme.txt", "hello")
        for index in range(n_pickles):
            archive.writestr(f"{index}/data.pkl", b"\x80\x02}.")
    with pytest.raises(NotACheckpointError, match="not one of torch"):
        read_state_dict(tmp_path / "m.pth")


@pytest.mark.parametrize("is_zip", [True, False])
def test_a_tensor_that_claims_more_than_the_file_has_is_refused(tmp_path, is_zip):
    path = tmp_path / "m.pth"
    torch.save({"w": torch.arange(10.0)}, path, _use_new_zipfile_serialization=is_zip)
    if is_zip:
        with zipfile.ZipFile(path) as archive:
            parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
        parts["m/data.pkl"] = parts["m/data.pkl"].replace(b"K\x0at", b"J\xff\xff\xff\x7ft")
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in parts.items():
                archive.writestr(name, data)
    else:
        data = path.read_bytes()
        assert data.count(b"K\x0aNt") == 1
        path.write_bytes(data.replace(b"K\x0aNt", b"J\xff\xff\xff\x7fNt"))
    said = "record size" if is_zip else r"its tensors claim 8589934588 bytes, the file has \d+"
    with pytest.raises(DamagedCheckpointError, match=said):
        read_state_dict(path)


@pytest.mark.parametrize(
    "change",
    [
        {"encoding_dims": 10**12},
        {"classes": 10**9},
        {"input_channels": 10**6},
        {"input_size": [10**6, 10**6]},
        {"input_size": []},
        {"encoding_dims": -1},
        {"encoding_dims": 2.5},
        {"encoding_dims": True},
        {"encoding_dims": "5"},
        {"classes": None},
        {"encoder": "small:99999"},
        {"encoder": "large"},
        {"encoder": "torchvision:../../secret"},
        {"encoder": 7},
        {"decoder": "heavy"},
        {"skip_dropout": 7},
        {"skip_dropout": "all"},
        {"normalisation": [["a"], ["b"]]},
        {"normalisation": 3},
        {"input_size": [24, 16, 8]},
        {"input_size": [1, 1]},
        {"weights_path": "/etc/hostname"},
        {"pretrained": True},
        {"surprise": 1},
    ],
    ids=json.dumps,
)
def test_a_hostile_card_is_refused_and_allocates_nothing(blocks, tmp_path, change, no_tensors):
    card = card_for(blocks)
    card.arguments.update(change)
    raw = json.loads(card.to_json()) | {"classes": [], "layout": {}}
    path = tmp_path / "m.safetensors"
    save_file(blocks.state_dict(), path, metadata={"xaae_card": json.dumps(raw)})
    peak, error = peak_bytes(lambda: load_checkpoint(path))
    assert isinstance(error, WrongModelError)
    (name,) = change
    if name in ("encoding_dims", "classes", "input_channels") or change[name] in ([], [10**6, 10**6]):
        assert f"the card says {name}=" in str(error)
    assert peak < 20 * 2**20


@pytest.mark.parametrize("change", [{"weights_path": "/etc/hostname"}, {"pretrained": True}, {"layout": {}}])
def test_a_card_cannot_make_the_opener_read_files_or_the_network(change, monkeypatch):
    with torch.device("meta"):
        card = card_for(AAE(32, encoding_dims=4, pretrained=False))
    card.arguments.update(change)
    monkeypatch.setattr("xaae_core.models.torchvision_encoders._weights", lambda *a: pytest.fail("weights asked for"))
    with pytest.raises(WrongModelError, match=f"the card sets {next(iter(change))} for a AAE"):
        build_model(card)


LAYOUT = {"feature_shape": [6, 6, 4], "skips": [["0", 4, 12, 8]]}


@pytest.mark.parametrize(
    "change",
    [
        {"feature_shape": [6, 6]},
        {"feature_shape": [10**12, 6, 4]},
        {"feature_shape": "666"},
        {"feature_shape": [6, 6, 4.5]},
        {"skips": [["0", 4, 12]]},
        {"skips": [["0", 4, 12, 0]]},
        {"skips": [["nowhere", 4, 12, 8]]},
        {"skips": [["", 4, 12, 8]]},
        {"skips": [[3, 4, 12, 8]]},
        {"skips": 5},
        {"skips": [["0", 65536, 65536, 65536]] * 300},
    ],
    ids=lambda change: json.dumps(change)[:60],
)
def test_a_hostile_layout_is_refused_and_allocates_nothing(blocks, tmp_path, change, no_tensors):
    raw = json.loads(card_for(blocks).to_json())
    assert raw["layout"] == LAYOUT
    path = tmp_path / "m.safetensors"
    save_file(blocks.state_dict(), path, metadata={"xaae_card": json.dumps(raw | {"layout": LAYOUT | change})})
    peak, error = peak_bytes(lambda: load_checkpoint(path))
    assert isinstance(error, WrongModelError)
    assert peak < 20 * 2**20


def test_a_card_of_the_largest_permitted_sizes_allocates_nothing(blocks, tmp_path, no_tensors):
    card = card_for(blocks)
    card.arguments.update(encoding_dims=65_536, input_size=[16_384, 16_384], classes=100_000)
    raw = json.loads(card.to_json()) | {"classes": [], "layout": {}}
    path = tmp_path / "m.safetensors"
    save_file(blocks.state_dict(), path, metadata={"xaae_card": json.dumps(raw)})
    peak, error = peak_bytes(lambda: load_checkpoint(path))
    assert "of another shape" in str(error)
    assert peak < 20 * 2**20


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("kind", 3),
        ("kind", "VAE"),
        ("classes", ["a", "b"]),
        ("classes", 3),
        ("classes", {"a": 1}),
        ("arguments", [1]),
        ("metrics", {"AUROC": "high"}),
        ("metrics", None),
        ("training", "long"),
        ("resize", "stretch"),
        ("name", ["x"]),
        ("versions", 1),
    ],
)
def test_entries_of_a_card_that_cannot_be_used(blocks, tmp_path, entry, value):
    raw = json.loads(card_for(blocks).to_json()) | {entry: value}
    save_file(blocks.state_dict(), tmp_path / "m.safetensors", metadata={"xaae_card": json.dumps(raw)})
    with pytest.raises(WrongModelError if value == "VAE" else DamagedCheckpointError, match=r"card|\"VAE\""):
        load_checkpoint(tmp_path / "m.safetensors")


@pytest.mark.parametrize("text", ["", "{", "null", "[]", "7", '"x"', "[" * 100_000, '{"kind": "AAE"}'])
def test_a_card_that_is_not_one(blocks, tmp_path, text):
    save_file(blocks.state_dict(), tmp_path / "m.safetensors", metadata={"xaae_card": text})
    with pytest.raises(CheckpointError, match="card"):
        load_checkpoint(tmp_path / "m.safetensors")


@pytest.mark.parametrize("claimed", [0, 1, 10**6, 2**31, 2**63])
def test_a_header_that_lies_about_its_length(files, tmp_path, claimed):
    data = files["safetensors"].read_bytes()
    path = tmp_path / "m.safetensors"
    path.write_bytes(struct.pack("<Q", claimed) + data[8:])
    peak, _ = peak_bytes(lambda: load_checkpoint(path))
    assert peak < 2**20


def _with_header(path, header, n_bytes=64):
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"\0" * n_bytes)
    return path


@pytest.mark.parametrize(
    "header",
    [
        {"w": {"dtype": "F32", "shape": [10**9], "data_offsets": [0, 4 * 10**9]}},
        {"w": {"dtype": "F32", "shape": [16], "data_offsets": [0, 32]}},
        {"w": {"dtype": "F32", "shape": [2**62, 2**62], "data_offsets": [0, 64]}},
        {"w": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 64]}},
        {"w": {"dtype": "F33", "shape": [16], "data_offsets": [0, 64]}},
        {"w": {"dtype": "F32", "shape": [8], "data_offsets": [32, 64]}},
        {"__metadata__": {"xaae_card": 3}, "w": {"dtype": "F32", "shape": [16], "data_offsets": [0, 64]}},
        {"w": 3},
    ],
)
def test_a_header_that_lies_about_its_tensors(tmp_path, blocks, header):
    path = _with_header(tmp_path / "m.safetensors", header)
    with pytest.raises(DamagedCheckpointError):
        load_checkpoint(path, model=blocks)


@pytest.mark.parametrize("first", [0x80, 0x50, 0x28])
def test_a_header_length_that_looks_like_a_pickle_or_an_archive_is_a_header_length(blocks, tmp_path, first):
    """One length in 256 begins with the byte of a pickle; one in 65,536 with "PK"."""
    path = tmp_path / "m.safetensors"
    wanted = 0x4B50 if first == 0x50 else None
    for n_padding in range(19_000 if wanted else 0, 20_000, 8):
        save_file({"w": torch.ones(1)}, path, metadata={"note": " " * n_padding})
        length = struct.unpack("<Q", path.read_bytes()[:8])[0]
        if length == wanted or (wanted is None and length % 256 == first):
            break
    else:
        pytest.fail("no header of such a length was made")
    assert torch.equal(read_state_dict(path)["w"], torch.ones(1))

"""A checkpoint opens as the model that was saved, bit for bit, or says what does not fit."""

import copy
import dataclasses
import json
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from xaae_core import checkpoints
from xaae_core.checkpoints import (
    file_sha256,
    is_checkpoint_name,
    load_checkpoint,
    read_card,
    read_state_dict,
    read_training_state,
    save_checkpoint,
    write_card,
    write_training_state,
)
from xaae_core.errors import CheckpointError, DamagedCheckpointError, NotACheckpointError, WrongModelError
from xaae_core.model_card import ModelCard, card_for
from xaae_core.models import AAE, add_xaae_blocks, build_encoder
from xaae_core.models.skip_taps import EncoderLayout


def make_blocks(seed=0, **options):
    torch.manual_seed(seed)
    given = {"encoder_spec": "small:4-6", "skip_dropout": 0.5, "skip_dropout_per": "image"} | options
    return add_xaae_blocks(build_encoder("small:4-6", 1), (24, 16), 1, 5, 3, recons_metric="ssim", **given)


@pytest.fixture
def blocks():
    return make_blocks()


@pytest.fixture
def saved(blocks, tmp_path):
    return save_checkpoint(blocks, tmp_path / "model.safetensors", card_for(blocks))


def answers(model, x):
    model.eval()
    encoding = model.encode(x)
    pictures = [model.decode(encoding.z, encoding.skips, skip_dropout=share) for share in (0.0, 1.0)]
    return [encoding.z, *encoding.skips, *pictures, model.classify(encoding.z), model.discriminate(encoding.z)]


def rewritten(path, change, **metadata):
    """The file anew, its tensors changed by `change`; the card stays."""
    tensors = load_file(path)
    change(tensors)
    card = {"xaae_card": read_card(path).to_json()}
    save_file(tensors, path, metadata=card | metadata)
    return path


def test_aae_comes_back_bit_for_bit(tmp_path):
    torch.manual_seed(0)
    model = AAE(32, 1, 4, 3, pretrained=False, decoder="light", skip_dropout=0.25, recons_metric="ssim")
    model.encode(torch.rand(4, 1, 32, 32))  # in training mode: batch statistics that are not the first ones
    card = card_for(model, name="mine", classes=("a", "b", "c"), metrics={"AUROC": 0.9}, resize="squash", note="ü ≥ 1")
    opened = load_checkpoint(save_checkpoint(model, tmp_path / "m.safetensors", card))
    x = torch.rand(2, 1, 32, 32)
    assert all(map(torch.equal, answers(opened.model, x), answers(model, x)))
    assert opened.card == card
    assert opened.model.arguments == model.arguments
    assert opened.sha256 == file_sha256(opened.path)
    assert (opened.model.skip_dropout, opened.model.recons_metric) == (0.25, "ssim")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"decoder": "light"},
        {"freeze_encoder": True},
        {"normalisation": ([0.3], [0.2])},
        {"skip_dropout_per": "channel", "skip_dropout": 1},
    ],
    ids=lambda options: ", ".join(options) or "plain",
)
def test_blocks_come_back_bit_for_bit(options, tmp_path):
    model = make_blocks(**options)
    opened = load_checkpoint(save_checkpoint(model, tmp_path / "m.safetensors", card_for(model)))
    x = torch.rand(2, 1, 24, 16)
    assert all(map(torch.equal, answers(opened.model, x), answers(model, x)))
    assert opened.model.arguments == model.arguments
    assert opened.card.arguments == model.arguments


def test_what_is_opened_is_ready_to_use_and_nothing_else(saved):
    model = load_checkpoint(saved).model
    assert not any(module.training for module in model.modules())
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert not any(value.is_meta for value in model.state_dict().values())


def test_saving_leaves_the_model_as_it_is(blocks, tmp_path):
    blocks.train()
    before = {key: value.clone() for key, value in blocks.state_dict().items()}
    save_checkpoint(blocks, tmp_path / "m.safetensors", card_for(blocks))
    assert blocks.training
    assert all(parameter.requires_grad for parameter in blocks.parameters())
    assert all(torch.equal(value, before[key]) for key, value in blocks.state_dict().items())


def test_the_card_is_stamped_once_and_read_alone(blocks, saved):
    card = read_card(saved)
    assert card.created.startswith("20")
    assert set(card.versions) == {"torch", "torchvision", "xaae"}
    assert (card.kind, card.classes, card.target) == (
        "EncoderWithAAEBlocks", ("class 0", "class 1", "class 2"), "class 1",
    )  # fmt: skip
    again = save_checkpoint(blocks, saved.with_name("again.safetensors"), card)
    assert read_card(again) == card


def test_a_saved_file_can_be_read_by_whoever_may_read_the_folders_other_files(blocks, saved):
    (saved.parent / "ordinary").write_text("")
    assert saved.stat().st_mode == (saved.parent / "ordinary").stat().st_mode


IMPORTS = """
import sys
from xaae_core.checkpoints import load_checkpoint
load_checkpoint(sys.argv[1])
print(sorted({"sympy", "torch._dynamo", "torch._inductor", "fastai"} & set(sys.modules)))
"""


def test_opening_does_not_wait_for_torchs_compiler(saved):
    """The layout in the card spares a dummy pass on the meta device, for which torch imports 900 modules (2 s).

    Encoders of torchvision do not gain: torchvision itself imports them.
    """
    command = [sys.executable, "-c", IMPORTS, saved]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"


def test_a_card_without_a_layout_opens_all_the_same(blocks, tmp_path):
    card = dataclasses.replace(card_for(blocks), layout={})
    opened = load_checkpoint(save_checkpoint(blocks, tmp_path / "m.safetensors", card))
    assert opened.model.layout == blocks.layout
    x = torch.rand(2, 1, 24, 16)
    assert all(map(torch.equal, answers(opened.model, x), answers(blocks, x)))


def test_the_layout_of_a_card_is_the_models(blocks):
    raw = json.loads(card_for(blocks).to_json())["layout"]
    assert raw == {"feature_shape": [6, 6, 4], "skips": [["0", 4, 12, 8]]}
    assert EncoderLayout.from_json(raw) == blocks.layout


def test_a_file_is_opened_into_the_callers_model_in_place(blocks, saved):
    other = make_blocks(seed=9).train()
    parameter = other.classifier.weight
    opened = load_checkpoint(saved, model=other)
    assert opened.model is other
    assert other.classifier.weight is parameter  # an optimizer that holds it still holds the model's
    assert torch.equal(parameter, blocks.classifier.weight)


class Windowed(nn.Module):
    """An encoder with a constant outside its state dict."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, stride=2, padding=1)
        self.last = nn.Conv2d(4, 4, 3, stride=2, padding=1)
        self.register_buffer("window", torch.hann_window(16), persistent=False)

    def forward(self, x):
        return self.last(self.conv(x * self.window * torch.ones(1)))


def test_an_own_encoder_is_given_and_keeps_what_the_file_does_not_hold(tmp_path):
    torch.manual_seed(0)
    model = add_xaae_blocks(Windowed(), (24, 16), 1, 5, 3)
    path = save_checkpoint(model, tmp_path / "m.safetensors", card_for(model))
    with pytest.raises(WrongModelError, match=r"user's own encoder.*load_checkpoint\(path, encoder=my_encoder\)"):
        load_checkpoint(path)
    opened = load_checkpoint(path, encoder=Windowed())
    x = torch.rand(2, 1, 24, 16)
    assert all(map(torch.equal, answers(opened.model, x), answers(model, x)))


def test_another_encoder_than_the_files_is_listed(tmp_path):
    model = add_xaae_blocks(Windowed(), (24, 16), 1, 5, 3)
    path = save_checkpoint(model, tmp_path / "m.safetensors", card_for(model))
    with pytest.raises(WrongModelError, match=r"missing \(encoder\.0\.0\.weight.*unexpected \(encoder\.conv\.bias"):
        load_checkpoint(path, encoder=build_encoder("small:4-4", 1))


def test_an_own_label_head_must_come_with_the_model(tmp_path):
    def head():
        torch.manual_seed(1)
        return nn.Sequential(nn.Linear(5, 3), nn.Tanh())

    model = make_blocks(linear=head())
    path = save_checkpoint(model, tmp_path / "m.safetensors", card_for(model))
    with pytest.raises(WrongModelError, match=r"own label head.*load_checkpoint\(path, model=my_model\)"):
        load_checkpoint(path)
    opened = load_checkpoint(path, model=make_blocks(seed=3, linear=head()))
    assert torch.equal(opened.model.classify(torch.ones(1, 5)), model.eval().classify(torch.ones(1, 5)))


def test_weights_that_an_encoder_uses_twice_are_saved_and_opened(tmp_path):
    def tied():
        shared = nn.Conv2d(4, 4, 3, stride=2, padding=1)
        return nn.Sequential(nn.Conv2d(1, 4, 3, stride=2, padding=1), shared, shared)

    model = add_xaae_blocks(tied(), (24, 16), 1, 5, 3)
    opened = load_checkpoint(save_checkpoint(model, tmp_path / "m.safetensors", card_for(model)), encoder=tied())
    x = torch.rand(2, 1, 24, 16)
    assert all(map(torch.equal, answers(opened.model, x), answers(model, x)))


def test_missing_unexpected_and_reshaped_weights_are_all_listed(saved):
    def change(tensors):
        del tensors["classifier.bias"]
        tensors["extra.one"] = torch.zeros(1)
        tensors["classifier.weight"] = torch.zeros(3, 6)

    with pytest.raises(WrongModelError) as caught:
        load_checkpoint(rewritten(saved, change))
    message = str(caught.value)
    assert "1 missing (classifier.bias)" in message
    assert "1 unexpected (extra.one)" in message
    assert "1 of another shape (classifier.weight (3, 6) instead of (3, 5))" in message


def test_long_lists_are_cut(saved):
    with pytest.raises(WrongModelError, match=r"\d+ missing \(.*, and \d+ more\)"):
        load_checkpoint(rewritten(saved, lambda tensors: [tensors.pop(key) for key in list(tensors)[:20]]))


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64, torch.bfloat16])
def test_numbers_of_another_type_are_refused(saved, dtype):
    def change(tensors):
        tensors["classifier.bias"] = tensors["classifier.bias"].to(dtype)

    with pytest.raises(WrongModelError, match=rf"classifier.bias {dtype} instead of torch.float32\): save .* float32"):
        load_checkpoint(rewritten(saved, change))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_named(saved, value):
    def change(tensors):
        tensors["from_latent.0.weight"][2, 1] = value

    with pytest.raises(DamagedCheckpointError, match=r"from_latent\.0\.weight holds NaN or infinite values"):
        load_checkpoint(rewritten(saved, change))


@pytest.mark.parametrize("wrong", ["dtype", "nan", "missing"])
def test_a_model_is_not_half_filled(saved, wrong, monkeypatch):
    monkeypatch.setattr(checkpoints, "_CHUNK", 1)  # as if each tensor were a chunk of a large file
    last = list(load_file(saved))[-1]

    def change(tensors):
        if wrong == "missing":
            del tensors[last]
        elif wrong == "dtype":
            tensors[last] = tensors[last].double()
        else:
            tensors[last].view(-1)[0] = float("nan")

    model = make_blocks(seed=9)
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(CheckpointError):
        load_checkpoint(rewritten(saved, change), model=model)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert model.training


def test_the_file_of_another_kind_of_model_is_refused(saved):
    with torch.device("meta"):
        model = AAE(32, 1, 5, 3, pretrained=False)
    with pytest.raises(WrongModelError, match="another model than AAE"):
        load_checkpoint(saved, model=model)


def test_a_file_without_a_card_says_what_to_give(blocks, tmp_path):
    save_file(blocks.state_dict(), tmp_path / "bare.safetensors")
    with pytest.raises(WrongModelError, match=r"has no model card.*load_checkpoint\(path, model=AAE"):
        load_checkpoint(tmp_path / "bare.safetensors")
    with pytest.raises(WrongModelError, match="has no model card"):
        read_card(tmp_path / "bare.safetensors")
    opened = load_checkpoint(tmp_path / "bare.safetensors", model=make_blocks(seed=4))
    assert opened.card.name == "bare"
    assert opened.card.arguments == blocks.arguments


@pytest.mark.parametrize("with_opt", [False, True])
def test_a_pth_is_opened_with_the_card_beside_it(blocks, tmp_path, with_opt):
    state = blocks.state_dict()
    torch.save(
        {"model": state, "opt": {"lr": 0.1, "state": [torch.zeros(3)]}} if with_opt else state, tmp_path / "m.pth"
    )
    write_card(tmp_path / "m.json", card_for(blocks, name="beside"))
    opened = load_checkpoint(tmp_path / "m.pth")
    x = torch.rand(2, 1, 24, 16)
    assert all(map(torch.equal, answers(opened.model, x), answers(blocks, x)))
    assert opened.card.name == "beside"
    assert read_state_dict(tmp_path / "m.pth").keys() == state.keys()


def test_a_pth_without_a_card_says_where_to_put_it(blocks, tmp_path):
    torch.save(blocks.state_dict(), tmp_path / "m.pth")
    with pytest.raises(WrongModelError, match=r"put the card .* beside it as m\.json"):
        load_checkpoint(tmp_path / "m.pth")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"{", b"[]", b'{"kind": "AAE"}'])
def test_a_damaged_card_beside_a_pth_is_named(blocks, tmp_path, content):
    torch.save(blocks.state_dict(), tmp_path / "m.pth")
    (tmp_path / "m.json").write_bytes(content)
    with pytest.raises(DamagedCheckpointError, match=r"m\.json"):
        load_checkpoint(tmp_path / "m.pth")


def test_training_states_come_back_and_others_are_refused(tmp_path):
    state = {"epoch": 3, "losses": [0.5, 0.25], "weights": {"a": torch.arange(4.0)}, "phase": "adversarial"}
    path = write_training_state(tmp_path / "state.pth", state)
    back = read_training_state(path)
    assert torch.equal(back["weights"].pop("a"), state["weights"].pop("a"))
    assert back == state
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(NotACheckpointError, match="not a training state"):
        read_training_state(tmp_path / "list.pth")


@pytest.mark.parametrize("missing", ["nothing", "a folder"])
def test_what_cannot_be_read_is_named(tmp_path, missing):
    path = tmp_path / "m.safetensors"
    if missing == "a folder":
        path.mkdir()
    with pytest.raises(CheckpointError, match=r"m\.safetensors cannot be read"):
        load_checkpoint(path)


def test_what_cannot_be_written_is_named(blocks, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="cannot be written"):
        save_checkpoint(blocks, tmp_path / "file" / "m.safetensors", card_for(blocks))


def test_names_of_checkpoints():
    assert [is_checkpoint_name(name) for name in ("a.safetensors", "A.PTH", "a.pkl", "a")] == [True, True, False, False]


def test_a_card_describes_only_our_models(blocks):
    with pytest.raises(WrongModelError, match="a Linear cannot be described"):
        card_for(nn.Linear(1, 1))
    with pytest.raises(ValueError, match=r"2 class names \(a, b\) for a model of 3 classes"):
        card_for(blocks, classes=["a", "b"])


def test_a_card_is_plain_json(blocks):
    card = card_for(blocks, classes=["x", "y", "z"], target="z", training={"epochs": [1, 2]})
    assert json.loads(card.to_json())["classes"] == ["x", "y", "z"]
    assert ModelCard(**json.loads(card.to_json())).target == "z"

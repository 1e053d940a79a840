"""Every model has one name by which it is built, described by a card and found again; what it refuses is named."""

import subprocess
import sys

import pytest
import torch

from xaae_core.checkpoints import load_checkpoint, save_checkpoint
from xaae_core.errors import ModelChoiceError
from xaae_core.model_card import build_model, card_for
from xaae_core.models.catalogue import DEFAULT_MODEL, MODELS, build_catalogued, entry_of, find_model
from xaae_core.models.model_abilities import has_decoder
from xaae_core.models.model_entry import ModelOption
from xaae_core.signal_form import SignalForm

FORM = SignalForm(length=64, sampling_rate=100.0, channel_names=("I", "II"))
TINY = {"encoder": "small:6-8", "decoder": "light", "recons_metric": "ssim"}
SIGNALS = [name for name, entry in MODELS.items() if "signal" in entry.mediums]
PICTURES = [name for name, entry in MODELS.items() if "picture" in entry.mediums]


def build(name, form=None, **options):
    entry = MODELS[name]
    size, channels = entry.sizes[0] if entry.sizes else (24, 16), entry.channels[0] if entry.channels else 1
    shape = {"size": size, "channels": channels} if form is None else {"size": 64, "channels": 2, "form": form}
    network = TINY if form is None else TINY | {"encoder": "signal:small:6-8"}
    torch.manual_seed(0)
    own = {"dims": 3} if entry.dims else {}
    own |= {"network": network} if name == DEFAULT_MODEL else {}
    return build_catalogued(name, classes=3, n_data=100, **shape, **own, **options)


def test_the_names_are_known_without_torch():
    code = "import sys, xaae_core.models.catalogue; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert next(iter(MODELS)) == DEFAULT_MODEL


@pytest.mark.parametrize(("name", "form"), [(n, None) for n in PICTURES] + [(n, FORM) for n in SIGNALS])
def test_a_model_is_what_its_entry_says_and_is_built_again_from_its_card(name, form):
    model, entry = build(name, form).eval(), MODELS[name]
    assert entry_of(model) is entry
    assert type(model).__name__ in (entry.kind, f"Signal{entry.kind}")
    assert (bool(model.classes), has_decoder(model)) == (entry.learns_labels, entry.has_decoder)
    x = torch.rand(2, model.input_channels, *model.input_size)
    with torch.no_grad():
        z = model.encode(x).z
        assert z.shape == (2, model.encoding_dims)
        if entry.has_decoder:
            assert model.decode(z).shape == x.shape
        if entry.learns_labels:
            assert model.classify(z).shape == (2, 3)
    again = build_model(card_for(model))
    assert {k: v.shape for k, v in again.state_dict().items()} == {k: v.shape for k, v in model.state_dict().items()}


@pytest.mark.parametrize(
    ("name", "form"), [(n, None) for n in PICTURES if n != "simclr"] + [(n, FORM) for n in SIGNALS]
)
def test_a_saved_model_opens_bit_for_bit(name, form, tmp_path):
    """SimCLR, which is large, in test_family_cards."""
    model = build(name, form).eval()
    opened = load_checkpoint(save_checkpoint(model, tmp_path / "model.safetensors", card_for(model))).model
    x = torch.rand(2, model.input_channels, *model.input_size)
    with torch.no_grad():
        z = model.encode(x).z
        assert torch.equal(opened.encode(x).z, z)
        if has_decoder(model):
            assert torch.equal(opened.decode(z), model.decode(z))
        if model.classes:
            assert torch.equal(opened.classify(z), model.classify(z))
    assert (type(opened), opened.arguments) == (type(model), model.arguments)
    assert all(torch.equal(value, opened.state_dict()[key]) for key, value in model.state_dict().items())


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("va", {}, 'there is no model "va": did you mean "vae"'),
        ("beta-vae-mnist", {}, 'did you mean "beta_vae_mnist"'),
        ("vae", {"dims": 0}, "dims is 0; expected at least 1"),
        ("simclr", {"channels": 3, "dims": 8}, 'dims is 8, but the size of z of "simclr" follows from its network'),
        (
            "classifier_mnist",
            {},
            r"28 × 28 pixels with 1 channel, not pictures of 32 × 32 .*choose size 28, or a model",
        ),
        ("simclr", {}, "with 3 channels, not pictures of 32 × 32 with 1 channel: choose channels 3"),
        ("ae", {"beta": 2.0}, 'beta is no setting of the model "ae": leave it out .its own settings are likelihood'),
        ("vae", {"beta": -1}, "beta is -1; expected a number of 0 or more"),
        ("vae", {"beta": float("nan")}, "beta is nan"),
        ("vae", {"likelihood": "laplace"}, 'likelihood is "laplace"; expected one of bernoulli, gaussian'),
        ("vae", {"size": (32,)}, r"size is \(32,\); expected \(height, width\)"),
        ("vae", {"network": {"encoder": "small"}}, 'the model "vae" has its own network'),
        ("burgess_tcvae", {}, "counts the training cases: give n_data"),
        ("classifier_latent", {"size": 28, "classes": 1}, "learns classes, not numbers"),
        ("simclr", {"form": FORM, "size": 64, "channels": 2}, "not signals of 64 with 2 channels: choose a model"),
        ("vae", {"form": FORM, "size": 60, "channels": 2}, "size is 60, but the form of the signals has 64 samples"),
    ],
)
def test_what_a_model_does_not_take_is_named_before_it_is_built(name, given, said):
    with pytest.raises(ModelChoiceError, match=said):
        build_catalogued(name, **({"size": 32, "channels": 1} | given))


def test_a_setting_of_signals_has_a_default_of_its_own():
    entry = find_model("vae")
    assert entry.settings({}) == {"beta": 1.0, "likelihood": "bernoulli"}
    assert entry.settings({"beta": 3}, "signal") == {"beta": 3.0, "likelihood": "gaussian"}
    assert 0 < entry.settings({}, "signal")["beta"] < 0.01, "with 1 the noise is as large as the range: z says nothing"
    whole = ModelOption(name="n", title="", about="", default=2, low=1, high=4)
    for wrong in (2.5, 0, 5, True, "2"):
        with pytest.raises(ModelChoiceError, match=r"n is .*; expected a whole number from 1 to 4"):
            whole.checked(wrong)

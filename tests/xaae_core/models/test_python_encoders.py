"""A user's own function as an encoder: imported only where its module was allowed, and then as good as any other."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from xaae_core.checkpoints import load_checkpoint, save_checkpoint
from xaae_core.encoder_permission import ALLOW_SWITCH, allowed_modules, check_modules
from xaae_core.errors import EncoderContractError, EncoderNotAllowedError, PretrainedWeightsError
from xaae_core.model_card import card_for
from xaae_core.models import add_xaae_blocks, build_encoder

SOURCE = '''
from pathlib import Path

import torch
from torch import nn

Path(__file__).with_name("imported").touch()


class Sharpened(nn.Module):
    """Holds a filter that is no part of its state."""

    def __init__(self, input_channels):
        super().__init__()
        kernel = torch.tensor([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]]).expand(input_channels, 1, 3, 3).contiguous()
        self.register_buffer("kernel", kernel, persistent=False)
        self.first = nn.Sequential(nn.Conv2d(input_channels, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.ReLU())
        self.second = nn.Conv2d(4, 6, 3, 2, 1)

    def forward(self, x):
        x = nn.functional.conv2d(x, self.kernel, padding=1, groups=x.shape[1])
        return self.second(self.first(x))


def build(*, input_channels):
    return Sharpened(input_channels)


def fails(*, input_channels):
    raise OSError(f"no disk for {input_channels} channels")


def takes_nothing():
    return Sharpened(1)


def gives_a_number(*, input_channels):
    return 3


NUMBER = 7
'''
SPEC = "python:{}:build"


@pytest.fixture
def package(tmp_path, monkeypatch, request):
    """A package with a module `encoders` on the path, of a name of its own for each test; nothing is allowed."""
    name = f"own_package_{abs(hash(request.node.nodeid))}"
    folder = tmp_path / "elsewhere" / name
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "encoders.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path / "elsewhere")
    monkeypatch.delenv(ALLOW_SWITCH, raising=False)
    yield folder
    for module in [key for key in sys.modules if key.partition(".")[0] == name]:
        del sys.modules[module]


def was_imported(package):
    return (
        (package / "encoders" / "imported").exists()
        or (package / "imported").exists()
        or (f"{package.name}.encoders" in sys.modules)
    )


@pytest.fixture
def checkpoint(package, tmp_path, monkeypatch):
    """A checkpoint of a model around the package's encoder, and the model; the module is forgotten again."""
    module = f"{package.name}.encoders"
    monkeypatch.setenv(ALLOW_SWITCH, module)
    spec = SPEC.format(module)
    torch.manual_seed(0)
    model = add_xaae_blocks(build_encoder(spec, 1), (24, 16), 1, 5, recons_metric="ssim", encoder_spec=spec)
    model(torch.rand(4, 1, 24, 16))  # moves batch statistics away from their start
    path = save_checkpoint(model.eval(), tmp_path / "own.safetensors", card_for(model))
    monkeypatch.delenv(ALLOW_SWITCH)
    for name in (module, package.name):
        del sys.modules[name]
    (package / "imported").unlink()
    return path, model


@pytest.mark.parametrize(
    "allowed", [None, "", "other", "{}.other", "{}.encoders.deeper", "{}.enc", "own_package", "{}.encoders:build", "*"]
)
def test_a_module_that_nobody_allowed_is_not_imported(package, monkeypatch, allowed):
    if allowed is not None:
        monkeypatch.setenv(ALLOW_SWITCH, allowed.format(package.name))
    module = f"{package.name}.encoders"
    with pytest.raises(
        EncoderNotAllowedError, match=rf"{ALLOW_SWITCH}={module} \(xaae app .*--allow-encoders {module}\)"
    ):
        build_encoder(SPEC.format(module), 3)
    assert not was_imported(package)
    assert package.name not in sys.modules


@pytest.mark.parametrize("allowed", ["{}.encoders", "{}", "other, {}.encoders ,third"])
@pytest.mark.parametrize("channels", [1, 3])
def test_an_allowed_function_is_called_with_the_channels(package, monkeypatch, allowed, channels):
    monkeypatch.setenv(ALLOW_SWITCH, allowed.format(package.name))
    encoder = build_encoder(SPEC.format(f"{package.name}.encoders"), channels)
    assert was_imported(package)
    assert encoder.first[0].in_channels == channels


def test_a_checkpoint_of_it_is_refused_unless_it_was_allowed_and_imports_nothing(checkpoint, package):
    path, _ = checkpoint
    with pytest.raises(EncoderNotAllowedError, match=rf"code of the module {package.name}\.encoders.*allowed are none"):
        load_checkpoint(path)
    assert not was_imported(package)


def test_a_checkpoint_of_it_opens_bit_for_bit_where_it_was_allowed(checkpoint, package, monkeypatch):
    path, model = checkpoint
    monkeypatch.setenv(ALLOW_SWITCH, package.name)
    state = torch.get_rng_state()
    opened = load_checkpoint(path).model
    assert torch.equal(torch.get_rng_state(), state)
    images = torch.rand(3, 1, 24, 16)
    expected, found = model.encode(images), opened.encode(images)
    assert torch.equal(found.z, expected.z)
    assert all(torch.equal(a, b) for a, b in zip(found.skips, expected.skips, strict=True))
    assert torch.equal(opened.decode(found.z, found.skips), model.decode(expected.z, expected.skips))
    assert opened.arguments["encoder"] == SPEC.format(f"{package.name}.encoders")


def test_a_checkpoint_whose_code_has_changed_since_is_refused(checkpoint, package, monkeypatch):
    path, _ = checkpoint
    changed = SOURCE.replace("nn.Conv2d(4, 6, 3, 2, 1)", "nn.Conv2d(4, 16, 3, 2, 1)")
    assert len(changed) != len(SOURCE), "compiled code is told apart by second and length of its source"
    (package / "encoders.py").write_text(changed)
    monkeypatch.setenv(ALLOW_SWITCH, package.name)
    with pytest.raises(Exception, match="of another shape") as caught:
        load_checkpoint(path)
    assert type(caught.value).__name__ == "WrongModelError"


def test_a_module_beside_an_upload_or_in_the_current_folder_is_not_found(tmp_path, monkeypatch):
    """Its name is allowed, but what is allowed is not whatever file lies where the program runs."""
    name = "own_module_in_the_current_folder"
    (tmp_path / f"{name}.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(ALLOW_SWITCH, name)
    for entries, message in (
        (["", *sys.path], "found only in the current folder"),
        ([".", *sys.path], "found only in the current folder"),
        ([entry for entry in sys.path if entry not in ("", ".")], "cannot be imported"),
    ):
        monkeypatch.setattr(sys, "path", entries)
        with pytest.raises((EncoderNotAllowedError, EncoderContractError), match=message):
            build_encoder(SPEC.format(name), 1)
    assert not (tmp_path / "imported").exists()
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])  # as PYTHONPATH does
    assert build_encoder(SPEC.format(name), 1).first[0].in_channels == 1
    del sys.modules[name]


def test_a_program_run_by_name_does_not_import_from_where_it_was_started(tmp_path):
    """`python -m` puts the current folder in front of Python's path, by its full name."""
    (tmp_path / "own_module.py").write_text(SOURCE)
    (tmp_path / "program.py").write_text(
        "from xaae_core.models import build_encoder\nbuild_encoder('python:own_module:build', 1)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "program"],
        cwd=tmp_path, env={ALLOW_SWITCH: "own_module", "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert "found only in the current folder" in done.stderr
    assert not (tmp_path / "imported").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("encoders:missing", r"has no function missing: expected one that is called as missing\(input_channels=2\)"),
        ("encoders:NUMBER", "has no function NUMBER"),
        ("encoders:fails", "failed: OSError: no disk for 2 channels"),
        ("encoders:takes_nothing", "failed: TypeError"),
        ("encoders:gives_a_number", "returned a int; expected an nn.Module"),
        ("gone:build", "cannot be imported .ModuleNotFoundError.*PYTHONPATH"),
        ("broken:build", "cannot be imported .SyntaxError"),
    ],
)
def test_what_does_not_work_is_told_by_name(package, monkeypatch, name, message):
    (package / "broken.py").write_text("def build(:\n")
    monkeypatch.setenv(ALLOW_SWITCH, package.name)
    with pytest.raises(EncoderContractError, match=message):
        build_encoder(f"python:{package.name}.{name}", 2)


def test_weights_of_a_file_are_refused(package, monkeypatch):
    monkeypatch.setenv(ALLOW_SWITCH, package.name)
    with pytest.raises(PretrainedWeightsError, match="there are no pretrained weights for"):
        build_encoder(SPEC.format(f"{package.name}.encoders"), 3, weights_path=Path("w.pth"))
    assert not was_imported(package)


def test_a_model_cannot_be_made_under_a_name_that_no_checkpoint_could_be_opened_by():
    with pytest.raises(EncoderContractError, match="is not known"):
        add_xaae_blocks(build_encoder("small:4", 1), 16, 1, encoder_spec="my encoder")


def test_the_switch_holds_names_of_modules_only(monkeypatch):
    monkeypatch.setenv(ALLOW_SWITCH, " a.b ,, c , d/e, .f, g., *")
    assert allowed_modules() == ("a.b", "c")
    monkeypatch.delenv(ALLOW_SWITCH)
    assert allowed_modules() == ()
    assert check_modules("a.b, c") == "a.b,c"
    with pytest.raises(ValueError, match=r'"\.\./x" is no name of a module'):
        check_modules("a,../x")


def test_the_switch_is_read_in_one_place():
    root = Path(__file__).resolve().parents[3]
    files = [path for folder in ("app", "analysis", "xaae_core") for path in (root / folder).rglob("*.py")]
    reading = [path.name for path in files if "environ.get(ALLOW_SWITCH" in path.read_text(encoding="utf-8")]
    naming = [path.name for path in files if '"XAAE_ALLOW_ENCODERS"' in path.read_text(encoding="utf-8")]
    assert reading == naming == ["encoder_permission.py"]

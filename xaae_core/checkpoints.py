"""The only reader and writer of weights: safetensors with a card in the header, and plain `.pth` files."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from xaae_core.atomic_files import atomic_path, write_text_atomically
from xaae_core.errors import (
    CheckpointError,
    DamagedCheckpointError,
    NotACheckpointError,
    WrongModelError,
)
from xaae_core.model_card import ModelCard, build_model, parse_card
from xaae_core.models.latent_model import LatentModel
from xaae_core.pth_files import INERT_GLOBALS, LEGACY_MAGIC, WAY_OUT, InertPart, check_pth
from xaae_core.weights_fit import compare_weights, fill_model

CARD_KEY = "xaae_card"
_CHUNK = 32 * 2**20
_DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "BOOL": torch.bool,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
}
_load_lock = threading.Lock()


@dataclass(frozen=True)
class Checkpoint:
    """A model read from a file.

    Attributes:
        model: the model in eval mode, its parameters frozen.
        card: what the file says of it.
        sha256: digest of the file's bytes, in hexadecimal.
        path: the file.
    """

    model: LatentModel
    card: ModelCard
    sha256: str
    path: Path


def save_checkpoint(model: nn.Module, path: str | Path, card: ModelCard) -> Path:
    """Write a model's weights and card as safetensors, whole or not at all.

    Args:
        model: the model; it is left as it is.
        path: the file to write.
        card: see `xaae_core.model_card.card_for`.

    Returns:
        The path.

    Raises:
        CheckpointError: the file cannot be written.
    """
    metadata = {CARD_KEY: card.stamped().to_json()}
    try:
        with atomic_path(path) as temporary:
            save_file(_own_tensors(model), temporary, metadata=metadata)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(
            f"{path} cannot be written: {error}. Free some space if the disk is full, or choose a folder that can be "
            "written to"
        ) from error
    return Path(path)


def _own_tensors(model: nn.Module) -> dict[str, Tensor]:
    """The model's tensors, each with memory of its own: safetensors knows no ties and no views."""
    seen: set[int] = set()
    tensors: dict[str, Tensor] = {}
    for key, value in model.state_dict().items():
        tensor = value.detach().cpu().contiguous()
        storage = tensor.untyped_storage()
        if storage.data_ptr() in seen or storage.nbytes() != tensor.numel() * tensor.element_size():
            tensor = tensor.clone()
        seen.add(storage.data_ptr())
        tensors[key] = tensor
    return tensors


def load_checkpoint(
    path: str | Path,
    *,
    model: nn.Module | None = None,
    encoder: nn.Module | None = None,
    device: str | torch.device = "cpu",
) -> Checkpoint:
    """Open a checkpoint; a model is filled only if all names, shapes and types are its own.

    Args:
        path: a safetensors file of `save_checkpoint`, or a `.pth` that fastai or torch wrote with tensors only.
        model: load into this model (needed for a file without a card).
        encoder: the user's own encoder, for a card that names none.
        device: where the model goes.

    Raises:
        NotACheckpointError: empty, a pickle, or another format.
        DamagedCheckpointError: truncated or inconsistent.
        WrongModelError: other keys, shapes or types than the model's; all are listed.
        CheckpointError: the file cannot be read.
        EncoderContractError: `encoder` does not fit the card.
    """
    path = Path(path)
    kind = _sniff(path)
    card = _read_card(path, kind)
    if model is None:
        if card is None:
            raise WrongModelError(
                f"{path.name} has no model card, so the model it belongs to is not known: give it as "
                f"load_checkpoint(path, model=AAE(…)), or put the card that train_xaaenet writes beside it as "
                f"{path.stem}.json"
            )
        model = build_model(card, encoder=encoder)
    if card is None:
        card = ModelCard(type(model).__name__, dict(getattr(model, "arguments", {})), name=path.stem)
    state = _read_safetensors(path, model) if kind == "safetensors" else read_state_dict(path)
    fill_model(model, state, path.name)
    del state
    model.to(device).eval().requires_grad_(False)
    return Checkpoint(cast(LatentModel, model), card, file_sha256(path), path)


def read_card(path: str | Path) -> ModelCard:
    """The card alone, without the weights; raises as `load_checkpoint`."""
    path = Path(path)
    card = _read_card(path, _sniff(path))
    if card is None:
        raise WrongModelError(f"{path.name} has no model card")
    return card


def read_state_dict(path: str | Path) -> Mapping[str, Tensor]:
    """The tensors of a safetensors file or of a plain `.pth`, by name; nothing is ever unpickled blindly.

    Of fastai's {"model", "opt"} files it is the model's part.

    Raises:
        As `load_checkpoint`.
    """
    path = Path(path)
    if _sniff(path) == "safetensors":
        with _opened(path) as file:
            return {key: file.get_tensor(key).clone() for key in file.keys()}  # noqa: SIM118  (not a dict)
    loaded = _load_pth(path)
    state = loaded.get("model", loaded) if isinstance(loaded, dict) else loaded
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise NotACheckpointError(f"{path.name} holds no table of weights. {WAY_OUT}")
    return state


def write_training_state(path: str | Path, state: Mapping[str, Any]) -> Path:
    """Write tensors, numbers, strings, lists and dicts as a `.pth`, whole or not at all; raises OSError."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        try:
            torch.save(dict(state), file)
        except RuntimeError as error:  # torch's own, without a word of why the file could not be written
            if isinstance(error.__context__, OSError):
                raise error.__context__ from error
            raise
    return Path(path)


def read_training_state(path: str | Path) -> dict[str, Any]:
    """Read what `write_training_state` wrote; raises as `load_checkpoint`."""
    path = Path(path)
    if _sniff(path) != "pth":
        raise NotACheckpointError(f"{path.name} is not a training state of this tool")
    loaded = _load_pth(path)
    if not isinstance(loaded, dict):
        raise NotACheckpointError(f"{path.name} is not a training state of this tool")
    return loaded


def write_card(path: str | Path, card: ModelCard) -> Path:
    """Write a card as JSON, for the `.pth` of the same stem beside it."""
    return write_text_atomically(path, card.stamped().to_json())


def file_sha256(path: str | Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sniff(path: Path) -> str:
    """Which format the first bytes tell, safetensors or pth (looked into); all else is refused by what it is."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error
    if size == 0:
        raise NotACheckpointError(f"{path.name} is empty (0 bytes): copy it again from where it was written")
    # First safetensors: the length its header begins with may be any byte, those of a pickle or an archive too.
    if head[4:9] == b"\0\0\0\0{":
        header = int.from_bytes(head[:8], "little")
        if header + 8 > size:
            raise DamagedCheckpointError(
                f"{path.name} is truncated: its header alone needs {header + 8} bytes, the file has {size}. "
                "Copy it again."
            )
        return "safetensors"
    if head.startswith((b"PK\3\4", b"PK\5\6", LEGACY_MAGIC)):
        check_pth(path)
        return "pth"
    if head[:1] == b"\x80" or path.suffix.lower() in (".pkl", ".pickle", ".joblib"):
        raise NotACheckpointError(
            f"{path.name} is a pickle; unpickling could run any code, so it is not opened. {WAY_OUT}"
        )
    raise NotACheckpointError(
        f"{path.name} is not a checkpoint: expected safetensors (as save_checkpoint writes) or a .pth of torch.save"
    )


def _opened(path: Path) -> Any:
    try:
        return safe_open(path, framework="pt", device="cpu")
    except SafetensorError as error:
        raise DamagedCheckpointError(
            f"{path.name} is truncated or damaged ({error}): copy it again from where it was written"
        ) from error


def _read_card(path: Path, kind: str) -> ModelCard | None:
    if kind == "safetensors":
        with _opened(path) as file:
            text = (file.metadata() or {}).get(CARD_KEY)
        return parse_card(text, path.name) if text else None
    beside = path.with_suffix(".json")
    if not beside.is_file():
        return None
    try:
        return parse_card(beside.read_text(encoding="utf-8"), beside.name)
    except (OSError, UnicodeDecodeError) as error:
        raise DamagedCheckpointError(f"{beside.name} cannot be read as the card of {path.name}: {error}") from error


def _load_pth(path: Path) -> Any:
    """What a `.pth` holds that `_sniff` has let pass."""
    inert: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [(InertPart, name) for name in INERT_GLOBALS]
    try:
        with _load_lock, torch.serialization.safe_globals(inert):  # its list is the process's, not the thread's
            return torch.load(path, map_location="cpu", weights_only=True)  # noqa: TID251  (the one place)
    except Exception as error:  # torch raises several kinds for damage
        reason = str(error).partition("\n")[0]
        if "weights only" in reason.lower():  # torch's advice is to trust the file: not ours
            raise NotACheckpointError(f"{path.name} holds pickled objects, not only weights. {WAY_OUT}") from error
        raise DamagedCheckpointError(f"{path.name} is damaged ({reason}): copy it again") from error


def _read_safetensors(path: Path, model: nn.Module) -> dict[str, Tensor]:
    """The model's tensors, reopening the file every 32 MB so that its mapped pages are given back."""
    with _opened(path) as file:
        slices = {key: file.get_slice(key) for key in file.keys()}  # noqa: SIM118
        found = {
            key: (tuple(part.get_shape()), _DTYPES.get(str(part.get_dtype()), str(part.get_dtype())))
            for key, part in slices.items()
        }
    compare_weights(model, found, path.name)
    state: dict[str, Tensor] = {}
    for keys in _chunks(model):
        with _opened(path) as file:
            state |= {key: file.get_tensor(key).clone() for key in keys}
    return state


def _chunks(model: nn.Module) -> Iterator[list[str]]:
    """Names of the model's tensors in groups of at most 32 MB (or one tensor)."""
    group: list[str] = []
    size = 0
    for key, value in model.state_dict().items():
        n_bytes = value.numel() * value.element_size()
        if group and size + n_bytes > _CHUNK:
            yield group
            group, size = [], 0
        group.append(key)
        size += n_bytes
    if group:
        yield group


def is_checkpoint_name(path: str | os.PathLike[str]) -> bool:
    """Whether a file's name is one of a checkpoint (.safetensors, .pth)."""
    return Path(path).suffix.lower() in (".safetensors", ".pth")

"""The only reader and writer of weights: safetensors with a card in the header, and plain `.pth` files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
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
from xaae_core.pth_files import WAY_OUT, check_pth

CARD_KEY = "xaae_card"
_CHUNK = 32 * 2**20
_SHOWN = 6


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
    """
    tensors = {key: value.detach().cpu().contiguous() for key, value in model.state_dict().items()}
    with atomic_path(path) as temporary:
        save_file(tensors, temporary, metadata={CARD_KEY: card.stamped().to_json()})
    return Path(path)


def load_checkpoint(
    path: str | Path,
    *,
    model: nn.Module | None = None,
    encoder: nn.Module | None = None,
    device: str | torch.device = "cpu",
) -> Checkpoint:
    """Open a checkpoint; names, shapes and types are compared before a byte is copied.

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
    if kind == "safetensors":
        _load_safetensors(path, model)
    else:
        _assign(model, read_state_dict(path), path.name)
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
    """Write tensors, numbers, strings, lists and dicts as a `.pth`, whole or not at all."""
    with atomic_path(path) as temporary:
        torch.save(dict(state), temporary)
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
    """Which format the first bytes tell, safetensors or pth; everything else is refused by what it is."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error
    if size == 0:
        raise NotACheckpointError(f"{path.name} is empty (0 bytes): copy it again from where it was written")
    if head.startswith(b"PK"):
        return "pth"
    if head[:1] == b"\x80" or path.suffix.lower() in (".pkl", ".pickle", ".joblib"):
        raise NotACheckpointError(
            f"{path.name} is a pickle; unpickling could run any code, so it is not opened. {WAY_OUT}"
        )
    if len(head) > 8 and head[8:9] == b"{":
        header = int.from_bytes(head[:8], "little")
        if header + 8 > size:
            raise DamagedCheckpointError(
                f"{path.name} is truncated: its header alone needs {header + 8} bytes, the file has {size}. "
                "Copy it again."
            )
        return "safetensors"
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
    return parse_card(beside.read_text(encoding="utf-8"), beside.name) if beside.is_file() else None


def _load_pth(path: Path) -> Any:
    check_pth(path)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)  # noqa: TID251  (the one place)
    except Exception as error:  # torch raises several kinds for damage
        raise DamagedCheckpointError(f"{path.name} is damaged: {str(error).splitlines()[0]}") from error


def _load_safetensors(path: Path, model: nn.Module) -> None:
    """Copy the weights in, reopening the file every 32 MB so that its mapped pages are given back."""
    with _opened(path) as file:
        found = {
            key: (tuple(file.get_slice(key).get_shape()), str(file.get_slice(key).get_dtype()))
            for key in file.keys()  # noqa: SIM118
        }
    _compare(model, {key: shape for key, (shape, _) in found.items()}, path.name)
    for keys in _chunks(model):
        with _opened(path) as file:
            _assign_some(model, {key: file.get_tensor(key).clone() for key in keys}, path.name)


def _assign(model: nn.Module, state: Mapping[str, Tensor], name: str) -> None:
    _compare(model, {key: tuple(value.shape) for key, value in state.items()}, name)
    _assign_some(model, state, name)


def _assign_some(model: nn.Module, state: Mapping[str, Tensor], name: str) -> None:
    wanted = model.state_dict()
    for key, value in state.items():
        if value.dtype != wanted[key].dtype:
            raise WrongModelError(
                f"{name}: {key} is {value.dtype}, the model's is {wanted[key].dtype}: save the model in float32"
            )
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise DamagedCheckpointError(
                f"{name}: {key} holds NaN or infinite values: the training diverged or the file is damaged"
            )
    model.load_state_dict(dict(state), strict=False, assign=True)


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


def _compare(model: nn.Module, found: Mapping[str, tuple[int, ...]], name: str) -> None:
    """Raise WrongModelError, listing every difference, unless names and shapes are the model's."""
    wanted = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    missing = sorted(wanted.keys() - found.keys())
    unexpected = sorted(found.keys() - wanted.keys())
    reshaped = [
        f"{key} {found[key]} instead of {wanted[key]}"
        for key in sorted(wanted.keys() & found.keys())
        if found[key] != wanted[key]
    ]
    if missing or unexpected or reshaped:
        parts = [("missing", missing), ("unexpected", unexpected), ("of another shape", reshaped)]
        said = "; ".join(f"{len(keys)} {what} ({_few(keys)})" for what, keys in parts if keys)
        raise WrongModelError(
            f"{name} holds the weights of another model than {type(model).__name__}: {said}. "
            "Open it with the model it was trained as."
        )


def _few(names: list[str]) -> str:
    more = f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def is_checkpoint_name(path: str | os.PathLike[str]) -> bool:
    """Whether a file's name is one of a checkpoint (.safetensors, .pth)."""
    return Path(path).suffix.lower() in (".safetensors", ".pth")

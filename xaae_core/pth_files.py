"""Look into a `.pth` file before torch does: what it is, what it would build, how much it would take."""

from __future__ import annotations

import io
import pickletools
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from xaae_core.errors import CheckpointError, DamagedCheckpointError, NotACheckpointError

LARGEST_PICKLE = 16 * 2**20
"""Bytes of the largest index that is looked at; one of 10,000 tensors has about 2 MB."""
LEGACY_MAGIC = bytes.fromhex("80028a0a6cfc9c46f9206aa850192e")
"""How files of torch before 1.6 begin; some of torchvision's weights are still such."""
_N_LEGACY_PICKLES = 5
_ITEM_SIZES = {
    **dict.fromkeys(("Double", "Long"), 8),
    **dict.fromkeys(("Float", "Int"), 4),
    **dict.fromkeys(("Half", "BFloat16", "Short"), 2),
    **dict.fromkeys(("Char", "Byte", "Bool"), 1),
}
_STORAGES = {f"torch {kind}Storage": size for kind, size in _ITEM_SIZES.items()}
INERT_GLOBALS = (
    "fastcore.foundation.L",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "numpy.dtype",
    "_codecs.encode",
)
"""What `learn.save` writes of its optimizer besides tensors; read as `InertPart` and then forgotten."""
_ALLOWED = {
    "collections OrderedDict",
    "torch Size",
    "torch._utils _rebuild_parameter",
    "torch._utils _rebuild_tensor_v2",
    *_STORAGES,
    *(" ".join(name.rsplit(".", 1)) for name in INERT_GLOBALS),
}
_REFUSED = ("STACK_GLOBAL", "INST", "OBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4")
WAY_OUT = (
    "Open it where it was trained and write the weights alone: "
    "xaae_core.checkpoints.save_checkpoint(learn.model, 'model.safetensors', card), or "
    "learn.save('name', with_opt=False)."
)


class InertPart:
    """Stands for an object of another library inside a `.pth`; takes whatever it is given and does nothing."""

    def __init__(self, *arguments: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        """Forget the state."""


def check_pth(path: Path) -> None:
    """Refuse everything that is not a plain `torch.save` of tensors; nothing is executed or allocated.

    Raises:
        NotACheckpointError: objects other than tensors inside (an exported learner, a whole model).
        DamagedCheckpointError: truncated, or its parts claim more bytes than the file has.
    """
    try:
        with path.open("rb") as file:
            if file.read(len(LEGACY_MAGIC)) == LEGACY_MAGIC:
                file.seek(0)
                _check_legacy(file, path.stat().st_size, path.name)
            else:
                _check_archive(file, path.stat().st_size, path.name)
    except CheckpointError:
        raise
    except Exception as error:  # zipfile and pickletools raise whatever the damage leads to
        raise DamagedCheckpointError(
            f"{path.name} is truncated or damaged ({error}): copy it again from where it was written"
        ) from error


def _check_archive(file: BinaryIO, size: int, name: str) -> None:
    """Check the zip archive that torch writes since 1.6; torch itself compares storages with their entries."""
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > size or any(
            entry.compress_type != zipfile.ZIP_STORED for entry in entries
        ):
            raise DamagedCheckpointError(
                f"{name}: its parts claim more bytes than the file has ({size}); "
                "torch.save never writes such a file, so it is not opened"
            )
        pickles = [entry for entry in entries if entry.filename.endswith("/data.pkl")]
        if len(pickles) != 1 or pickles[0].file_size > LARGEST_PICKLE:
            raise NotACheckpointError(f"{name} is an archive, but not one of torch.save. {WAY_OUT}")
        for _ in _checked_storages(io.BytesIO(archive.read(pickles[0])), name):
            pass


def _check_legacy(file: BinaryIO, size: int, name: str) -> None:
    """Check the five pickles of the old format, and that its storages fit into the file."""
    storages: dict[str, int] = {}
    for _ in range(_N_LEGACY_PICKLES):
        for key, n_bytes in _checked_storages(file, name):
            storages[key] = max(n_bytes, storages.get(key, 0))
    claimed = sum(storages.values())
    if claimed > size:
        raise DamagedCheckpointError(
            f"{name} is truncated or damaged: its tensors claim {claimed} bytes, the file has {size}"
        )


def _checked_storages(stream: object, name: str) -> Iterator[tuple[str, int]]:
    """Key and bytes of each storage a pickle claims; refuses one that names anything but tensors and dicts."""
    since_mark: list[object] = []
    memo: dict[object, object] = {}
    for operation, argument, position in pickletools.genops(stream):  # type: ignore[arg-type]
        code = operation.name
        if code in _REFUSED or (code == "GLOBAL" and argument not in _ALLOWED):
            named = f" ({str(argument).replace(' ', '.')})" if code == "GLOBAL" else ""
            raise NotACheckpointError(
                f"{name} holds pickled objects{named}, not only weights; unpickling could run any code, "
                f"so it is not opened. {WAY_OUT}"
            )
        if position is not None and position > LARGEST_PICKLE:
            raise NotACheckpointError(f"{name}: its index is longer than {LARGEST_PICKLE // 2**20} MB. {WAY_OUT}")
        if code == "MARK":
            since_mark = []
        elif code in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = since_mark[-1] if since_mark else None
        elif code == "BINPERSID":
            yield _claimed(since_mark, name)
        elif code in ("BINGET", "LONG_BINGET"):
            since_mark.append(memo.get(argument))
        else:
            since_mark.append(code if operation.arg is None else argument)


def _claimed(pushed: list[object], name: str) -> tuple[str, int]:
    """Key and bytes of ("storage", type, key, device, n_items), from what was pushed since the last mark."""
    if pushed[-1:] == ["TUPLE"] and pushed[5:-1] in ([], ["NONE"]) and len(pushed) >= 6:
        word, kind, key, _, n_items = pushed[:5]
        if word == "storage" and kind in _STORAGES and isinstance(n_items, int) and n_items >= 0:
            return str(key), n_items * _STORAGES[str(kind)]
    raise DamagedCheckpointError(f"{name}: its index describes a tensor in a way that torch.save does not")

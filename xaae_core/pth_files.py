"""Look into a `.pth` file before torch does: what it is, what it would build, how much it would take."""

from __future__ import annotations

import pickletools
import zipfile
from pathlib import Path

from xaae_core.errors import DamagedCheckpointError, NotACheckpointError

LARGEST_PICKLE = 64 * 2**20
_ALLOWED = {
    "collections OrderedDict",
    "torch Size",
    "torch._utils _rebuild_parameter",
    "torch._utils _rebuild_tensor_v2",
    *(
        f"torch {kind}Storage"
        for kind in ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")
    ),
}
WAY_OUT = (
    "Open it where it was trained and write the weights alone: "
    "xaae_core.checkpoints.save_checkpoint(learn.model, 'model.safetensors', card), or learn.save('name')."
)


def check_pth(path: Path) -> None:
    """Refuse everything that is not a plain `torch.save` of tensors; nothing is executed or allocated.

    Raises:
        NotACheckpointError: objects other than tensors inside (an exported learner, a whole model).
        DamagedCheckpointError: truncated, or its parts claim more bytes than the file has.
    """
    size = path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > size or any(
                entry.compress_type != zipfile.ZIP_STORED for entry in entries
            ):
                raise DamagedCheckpointError(
                    f"{path.name}: its parts claim more bytes than the file has ({size}); "
                    "torch.save never writes such a file, so it is not opened"
                )
            pickles = [entry for entry in entries if entry.filename.endswith("/data.pkl")]
            if len(pickles) != 1 or pickles[0].file_size > LARGEST_PICKLE:
                raise NotACheckpointError(f"{path.name} is an archive, but not one of torch.save. {WAY_OUT}")
            _check_globals(archive.read(pickles[0]), path.name)
    except zipfile.BadZipFile as error:
        raise DamagedCheckpointError(
            f"{path.name} is truncated or damaged ({error}): copy it again from where it was written"
        ) from error


def _check_globals(data: bytes, name: str) -> None:
    """Refuse a pickle that names anything but tensors, storages and dicts."""
    try:
        operations = [(operation.name, argument) for operation, argument, _ in pickletools.genops(data)]
    except Exception as error:  # pickletools raises whatever the damage leads to
        raise DamagedCheckpointError(f"{name}: its index is damaged ({error}): copy it again") from error
    for operation, argument in operations:
        if operation in ("STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4"):
            raise NotACheckpointError(f"{name} holds pickled objects, not only weights. {WAY_OUT}")
        if operation == "GLOBAL" and argument not in _ALLOWED:
            raise NotACheckpointError(
                f"{name} holds pickled objects ({str(argument).replace(' ', '.')}), not only weights; unpickling "
                f"could run any code, so it is not opened. {WAY_OUT}"
            )

"""Encoders that a user wrote, by the name of the function that makes them: `python:my_pkg.encoders:build`.

The function is called as `build(input_channels=3)` and returns a module that takes images [B, C, H, W] and returns
one spatial feature map, see `skip_taps.CONTRACT`. It is imported only where the person who started the program
allowed its module, see `xaae_core.encoder_permission`.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from importlib import import_module
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType

import torch
from torch import nn

from xaae_core.encoder_permission import check_allowed
from xaae_core.errors import EncoderContractError, EncoderNotAllowedError
from xaae_core.models.weightless import is_weightless


def build_python_encoder(name: str, input_channels: int) -> nn.Module:
    """Call a user's function.

    It makes a real module even where only shapes are wanted: what it holds outside its state dict is not known.

    Args:
        name: "my_pkg.encoders:build".
        input_channels: channels of the images.

    Raises:
        EncoderNotAllowedError: nobody allowed the module. It has not been imported.
        EncoderContractError: it cannot be imported, has no such function, or the function fails or returns no module.
    """
    module_name, _, function_name = name.partition(":")
    check_allowed(module_name)
    module = _imported(module_name)
    function = getattr(module, function_name, None)
    if not callable(function):
        raise EncoderContractError(
            f"the module {module_name} has no function {function_name}: expected one that is called as "
            f"{function_name}(input_channels={input_channels}) and returns an nn.Module"
        )
    try:
        with torch.device("cpu") if is_weightless() else nullcontext():
            encoder = function(input_channels=input_channels)
    except Exception as error:  # it is the user's code: anything may go wrong
        raise EncoderContractError(
            f"{module_name}.{function_name}(input_channels={input_channels}) failed: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(encoder, nn.Module):
        raise EncoderContractError(
            f"{module_name}.{function_name}(input_channels={input_channels}) returned a {type(encoder).__name__}; "
            "expected an nn.Module"
        )
    return encoder


def _imported(name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    _refuse_folder_of_now(name.partition(".")[0])
    try:
        return import_module(name)
    except Exception as error:  # importing runs the user's code
        raise EncoderContractError(
            f"the module {name} cannot be imported ({type(error).__name__}: {error}): install its package, or put "
            "the folder it lies in on PYTHONPATH"
        ) from error


def _refuse_folder_of_now(package: str) -> None:
    """Refuse a module that is found only because it lies in the current folder, whichever that is.

    Python's path may begin with that folder, or hold "" or ".". The name that was allowed would then mean whatever
    file of that name lies where the program happens to run, for instance among somebody else's data.
    """
    here = [entry for index, entry in enumerate(sys.path) if _means_here(index, entry)]
    elsewhere = [entry for index, entry in enumerate(sys.path) if not _means_here(index, entry)]
    if package in sys.modules or not here or PathFinder.find_spec(package, elsewhere) is not None:
        return
    if PathFinder.find_spec(package, here) is not None:
        raise EncoderNotAllowedError(
            f"the module {package} is allowed, but found only in the current folder {Path.cwd()}, where anybody's "
            "file might lie: install its package, or put the folder on PYTHONPATH"
        )


def _means_here(index: int, entry: str) -> bool:
    """Whether an entry of Python's path is the current folder because it is the current one (`python -m`, "", ".")."""
    if not Path(entry).is_absolute():
        return True
    is_run_by_name = getattr(sys.modules.get("__main__"), "__spec__", None) is not None
    return index == 0 and is_run_by_name and not sys.flags.safe_path and Path(entry) == Path.cwd()

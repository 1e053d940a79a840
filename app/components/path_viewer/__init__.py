"""The main act of the Traverse page: a path through the latent space, drawn in the browser."""

from app.components.path_viewer.colours import change_colours
from app.components.path_viewer.encoding import EncodedPath, encode_path, grey_levels
from app.components.path_viewer.payload import PathPayload, PathPayloadError, StepTrust, TrustLevel
from app.components.path_viewer.viewer import CaseMove, PathViewerState, path_viewer

__all__ = [
    "CaseMove",
    "EncodedPath",
    "PathPayload",
    "PathPayloadError",
    "PathViewerState",
    "StepTrust",
    "TrustLevel",
    "change_colours",
    "encode_path",
    "grey_levels",
    "path_viewer",
]

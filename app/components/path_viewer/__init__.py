"""The main act of the Traverse page: a path through the latent space, drawn in the browser."""

from app.components.path_viewer.colours import change_colours
from app.components.path_viewer.encoding import EncodedPath, encode_path, grey_levels
from app.components.path_viewer.path_facts import PathPayloadError, StepTrust, TrustLevel
from app.components.path_viewer.payload import PathPayload
from app.components.path_viewer.trace_encoding import EncodedTraces, encode_traces
from app.components.path_viewer.trace_payload import TracePayload
from app.components.path_viewer.viewer import CaseMove, PathViewerState, path_viewer

__all__ = [
    "CaseMove",
    "EncodedPath",
    "EncodedTraces",
    "PathPayload",
    "PathPayloadError",
    "PathViewerState",
    "StepTrust",
    "TracePayload",
    "TrustLevel",
    "change_colours",
    "encode_path",
    "encode_traces",
    "grey_levels",
    "path_viewer",
]

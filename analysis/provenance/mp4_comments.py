"""A text in an MP4: its comment, as players and ffprobe show it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from xaae_core.errors import ProvenanceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer

_MARK = "xaae:provenance "


def embed(file: bytes, text: str) -> bytes:
    """The file with this comment instead of its own; "" removes it. The pictures are copied as they are."""
    import av

    stream = io.BytesIO()
    with _opened(file) as source, av.open(stream, "w", format="mp4") as target:
        if text:
            target.metadata["comment"] = _MARK + text
        copies = {each.index: target.add_stream_from_template(each) for each in source.streams.video}
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                target.mux(packet)
    return stream.getvalue()


def extract(file: bytes) -> str:
    """Our text; "" without one."""
    with _opened(file) as source:
        comment = source.metadata.get("comment", "")
    return comment.removeprefix(_MARK) if comment.startswith(_MARK) else ""


def drawing(file: bytes) -> bytes:
    """What is drawn: the compressed pictures."""
    return b"".join(_packets(file))


def _packets(file: bytes) -> Iterator[bytes]:
    with _opened(file) as source:
        for packet in source.demux(video=0):
            yield bytes(packet)


def _opened(file: bytes) -> InputContainer:
    import av

    try:
        return av.open(io.BytesIO(file), "r", format="mp4")
    except (av.FFmpegError, ValueError) as error:
        raise ProvenanceError(f"the MP4 is damaged: {error}. Copy it again") from error

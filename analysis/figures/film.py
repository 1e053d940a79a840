"""A path as a film, GIF or MP4; each frame says which step it is and how far to believe it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from analysis.figures.film_words import FilmStrip
from analysis.figures.picture_strip import drawn_channels
from analysis.figures.pictures import shown_pixels
from analysis.traversals import Traversal

if TYPE_CHECKING:
    from pathlib import Path

    from analysis.figures.figure import Animation
    from analysis.figures.filmstrip import PathFigure
    from analysis.figures.style import FigureStyle

FRAME_MS = 120
_LEAST_SIDE = 384
_WHITE = 255
_MP4_RATE = (25, 3)  # 120 ms a frame
_QUALITY = "12"  # x264's constant rate factor: 0 loses nothing, 18 is called visually lossless


def draw_film(figure: PathFigure, form: Animation, style: FigureStyle) -> bytes:
    """The path there and back, as an endless GIF or as an MP4.

    Pictures are enlarged by whole factors and keep every grey level exactly in a GIF; colour pictures are reduced to
    the 256 colours that a GIF can hold. An MP4 is H.264 in 4:2:0, as browsers and slides play it.

    Args:
        figure: the path.
        form: "gif" or "mp4".
        style: in greyscale there is no colour; burned-in letters are blurred where it says so.
    """
    frames = film_frames(figure, style)
    if form == "mp4":
        return encode_mp4(frames)
    return encode_gif(frames, is_line_art=figure.traversal.signal_form is not None)


def film_frames(figure: PathFigure, style: FigureStyle) -> list[NDArray[np.uint8]]:
    """Each step as grey levels [h, w] or colours [h, w, 3], in the order of the path; all of one, even size."""
    if figure.traversal.signal_form is not None:
        from analysis.figures.trace_frames import trace_frames

        pictures = trace_frames(figure.traversal, is_greyscale=style.is_greyscale)
    else:
        pictures = picture_frames(figure.traversal, figure.original, style)
    strip = FilmStrip(figure, max(picture.shape[1] for picture in pictures))
    return [_joined(picture, strip.draw(step)) for step, picture in enumerate(pictures)]


def picture_frames(path: Traversal, original: NDArray[Any], style: FigureStyle) -> list[NDArray[np.uint8]]:
    """The decoded pictures as levels, enlarged so that the longer side has at least 384 pixels."""
    marks = drawn_channels(original)
    factor = max(1, -(-_LEAST_SIDE // max(path.frames.shape[-2:])))
    pictures = []
    for frame in path.frames:
        shown = shown_pixels(drawn_channels(frame), style, marks_of=marks)
        levels = np.rint(np.clip(shown, 0, 1) * 255).astype(np.uint8)
        large = levels.repeat(factor, axis=1).repeat(factor, axis=2)
        picture = large[0] if len(large) == 1 else np.moveaxis(large, 0, -1)
        pictures.append(np.asarray(Image.fromarray(picture).convert("L")) if style.is_greyscale else picture)
    return pictures


def encode_gif(frames: Sequence[NDArray[np.uint8]], *, frame_ms: int = FRAME_MS, is_line_art: bool = False) -> bytes:
    """Frames [h, w] or [h, w, 3] there and back as an endless GIF.

    Args:
        frames: of one size.
        frame_ms: time each frame is shown, in milliseconds.
        is_line_art: colours are those of lines, whose white must stay white, not those of photographs.
    """
    pictures = [Image.fromarray(frame) for frame in frames]
    if frames[0].ndim == 3 and is_line_art:
        from analysis.figures.few_colours import in_few_colours

        pictures = in_few_colours(frames)
    elif frames[0].ndim == 3:
        pictures = [picture.quantize(256, dither=Image.Dither.NONE) for picture in pictures]
    there_and_back = pictures + pictures[-2:0:-1]
    stream = io.BytesIO()
    there_and_back[0].save(
        stream, format="GIF", save_all=True, append_images=there_and_back[1:], duration=frame_ms, loop=0,
        optimize=False, disposal=1,
    )  # fmt: skip
    return stream.getvalue()


def encode_mp4(frames: Sequence[NDArray[np.uint8]]) -> bytes:
    """Frames [h, w] or [h, w, 3] of even size there and back as an H.264 film that begins to play while it loads."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"  # its index is moved to the front afterwards, which needs a real file
        _write_mp4(path, [_video_frame(frame) for frame in frames])
        return path.read_bytes()


def _write_mp4(path: Path, frames: list[Any]) -> None:
    """Write frames there and back."""
    from fractions import Fraction

    import av
    from av.video.reformatter import ColorRange, Colorspace

    with av.open(path, "w", format="mp4", options={"movflags": "+faststart"}) as film:
        track: Any = film.add_stream("libx264", rate=Fraction(*_MP4_RATE))
        track.width, track.height, track.pix_fmt = frames[0].width, frames[0].height, "yuv420p"
        track.options = {"crf": _QUALITY, "preset": "medium"}
        context = track.codec_context
        context.thread_count = 1  # the same bytes on every machine
        context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
        context.color_primaries = context.color_trc = 1  # BT.709, so that players need not guess
        for number, frame in enumerate(frames + frames[-2:0:-1]):
            frame.pts = number
            film.mux(track.encode(frame))
        film.mux(track.encode())


def _video_frame(levels: NDArray[np.uint8]) -> Any:
    """Levels [h, w] or colours [h, w, 3] as the encoder takes them."""
    import av
    from av.video.reformatter import ColorRange, Colorspace

    colours = levels if levels.ndim == 3 else np.repeat(levels[..., None], 3, axis=2)
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(colours), format="rgb24")
    return frame.reformat(
        format="yuv420p", src_colorspace=Colorspace.ITU709, dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG, dst_color_range=ColorRange.MPEG,
    )  # fmt: skip


def _joined(picture: NDArray[np.uint8], words: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture in the middle above its strip of words, filled up with white to an even size."""
    height, width = picture.shape[0] + words.shape[0], words.shape[1]
    size = (height + height % 2, width + width % 2)
    sheet = np.full((*size, *picture.shape[2:]), _WHITE, np.uint8)
    left = (width - picture.shape[1]) // 2
    sheet[: picture.shape[0], left : left + picture.shape[1]] = picture
    sheet[picture.shape[0] : height, :width] = words if picture.ndim == 2 else words[..., None]
    return sheet

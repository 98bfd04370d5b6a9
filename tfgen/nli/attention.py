"""Sentences with their attention, as in figure 2 of Liu et al. 2016.

Each sentence has its own colours (arXiv:1605.09090, section 3.5): the lightest
is its smallest weight, the darkest its biggest. As a picture, as a page, and as
lines for a terminal.
"""

import html
import os
import pathlib
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TextIO

import matplotlib.font_manager
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tfgen.files import replacing

_DARK = np.array([239, 83, 60])  # black text is legible on it
_WHITE = np.full(3, 255)
_PAGE = pathlib.Path(__file__).with_name("templates") / "attention.html"


class WeightedWords(NamedTuple):
    """What is drawn in one row.

    Attributes:
      tokens: T words.
      attention: [T] weights.
    """

    tokens: Sequence[str]
    attention: np.ndarray


class HeatMap(NamedTuple):
    """What is drawn together.

    Attributes:
      title: a line above.
      sentences: name, such as "premise" -> sentence.
    """

    title: str
    sentences: Mapping[str, WeightedWords]


def shades(attention: np.ndarray) -> np.ndarray:
    """Returns how dark each word is.

    Args:
      attention: [T] weights of one sentence.

    Returns:
      [T] in [0, 1], 0 for the smallest weight and 1 for the biggest; all 0
      where all weights are the same, as no word stands out.
    """
    attention = np.asarray(attention, np.float64)
    above = attention - attention.min()
    return above / (above.max() or 1.0)


def write_png(
    path: str | os.PathLike, heat_maps: Iterable[HeatMap], width: int = 900
) -> pathlib.Path:
    """Draws heat maps below one another.

    Characters that DejaVu Sans lacks are drawn as boxes.

    Args:
      path: of the PNG file; folders are made.
      heat_maps: at least one.
      width: of the picture, in pixels; longer sentences are wrapped.

    Returns:
      The path.
    """
    font = ImageFont.truetype(matplotlib.font_manager.findfont("DejaVu Sans"))
    font = font.font_variant(size=20)
    line, gap, left, margin = 34, 6, 130, 16
    # (x, y, width or 0 for no box, text, colour), then one canvas that fits.
    pieces, y = [], margin
    for heat_map in heat_maps:
        pieces.append((margin, y, 0, _visible(heat_map.title), None))
        y += line
        for name, sentence in heat_map.sentences.items():
            pieces.append((margin, y, 0, name, None))
            x = left
            for text, shade, _ in _words(sentence):
                text, wide = _fit(text, font, width - margin - left)
                if x > left and x + wide > width - margin:
                    x, y = left, y + line
                pieces.append((x, y, wide, text, _color(shade)))
                x += wide + gap
            y += line + gap
        y += line // 2
    image = Image.new("RGB", (width, y), "white")
    draw = ImageDraw.Draw(image)
    for x, y, wide, text, color in pieces:
        if wide:
            draw.rectangle((x, y, x + wide, y + line - gap), fill=color)
        draw.text((x + gap * bool(wide), y + 2), text, "black", font)
    with replacing(path) as partial:
        image.save(partial, "PNG")
    return pathlib.Path(path)


def write_html(
    path: str | os.PathLike, heat_maps: Iterable[HeatMap]
) -> pathlib.Path:
    """Writes a page without other files; a word's tooltip is its weight.

    Args:
      path: of the HTML file; folders are made.
      heat_maps: in order.

    Returns:
      The path.
    """
    sections = "\n".join(_section(heat_map) for heat_map in heat_maps)
    with replacing(path) as partial:
        page = _PAGE.read_text("utf-8").replace("SECTIONS", sections)
        partial.write_text(page, "utf-8")
    return pathlib.Path(path)


def terminal_text(
    heat_maps: Iterable[HeatMap], color: bool, width: int = 80
) -> str:
    """Returns lines for a terminal.

    Args:
      heat_maps: in order.
      color: mark words by ANSI's 256 colours; else each weight follows its
        word, in parentheses.
      width: of the terminal, in characters; longer sentences are wrapped.
    """
    lines = []
    for heat_map in heat_maps:
        lines.append(_visible(heat_map.title))
        for name, sentence in heat_map.sentences.items():
            row, used = f"{name:11}", 11
            for text, shade, weight in _words(sentence):
                text = f" {text} " if color else f"{text}({weight:.2f}) "
                if used > 11 and used + len(text) > width:
                    lines.append(row.rstrip(" "))
                    row, used = " " * 11, 11
                row += _painted(text, shade) if color else text
                used += len(text)
            lines.append(row.rstrip(" "))
        lines.append("")
    return "\n".join(lines)


def show(heat_maps: Iterable[HeatMap]) -> None:
    """Prints heat maps as wide as the terminal, coloured where it can be."""
    width, _ = shutil.get_terminal_size()
    print(terminal_text(heat_maps, use_color(sys.stdout), width))


def use_color(stream: TextIO) -> bool:
    """Returns whether a stream is a terminal that may be coloured.

    See no-color.org.
    """
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return stream.isatty() and not plain


def _words(sentence: WeightedWords) -> Iterable[tuple[str, float, float]]:
    """Each word as it can be shown, its shade and its weight."""
    texts = map(_visible, sentence.tokens)
    return zip(texts, shades(sentence.attention), sentence.attention)


def _visible(text: str) -> str:
    """Replaces what steers a terminal or turns the direction of text."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def _color(shade: float) -> str:
    red, green, blue = np.rint(_WHITE + shade * (_DARK - _WHITE)).astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _painted(text: str, shade: float) -> str:
    # White (231) to red (196) in steps of the colour cube, with black text.
    background = 231 - 7 * round(5 * shade)
    return f"\x1b[48;5;{background};38;5;16m{text}\x1b[0m"


def _fit(text: str, font, width: int) -> tuple[str, int]:
    """A word, cut if it is wider than a line, and the width of its box."""
    padding = 12
    if font.getlength(text) > width - padding:
        # No letter is narrower than a pixel: no more need be measured.
        text = text[:width]
        while font.getlength(text + "…") > width - padding:
            text = text[:-1]
        text += "…"
    return text, int(font.getlength(text)) + padding


def _section(heat_map: HeatMap) -> str:
    rows = []
    for name, sentence in heat_map.sentences.items():
        words = "\n".join(
            f'<span style="background:{_color(shade)}" title="{weight:.4f}">'
            f"{html.escape(text)}</span>"
            for text, shade, weight in _words(sentence)
        )
        rows.append(
            f"<dt>{html.escape(name)}</dt>\n<dd dir=auto>\n{words}\n</dd>"
        )
    title = html.escape(_visible(heat_map.title))
    return "\n".join([f"<h2>{title}</h2>", "<dl>", *rows, "</dl>"])

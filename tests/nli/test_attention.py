import html.parser
import io
import re

import numpy as np
import pytest
from PIL import Image

from tfgen.nli import attention
from tfgen.nli.attention import HeatMap, WeightedWords

DARK = (239, 83, 60)
WORDS = ["a", "dog", "runs"]
WEIGHTS = np.array([0.2, 0.3, 0.5])
MAP = HeatMap("neutral", {"premise": WeightedWords(WORDS, WEIGHTS)})


def heat_map(words, weights=None):
    weights = np.arange(len(words)) if weights is None else weights
    return HeatMap("title", {"premise": WeightedWords(words, weights)})


def colors(path):
    """Returns how many pixels of each colour a picture has."""
    with Image.open(path) as image:
        count = image.width * image.height
        return {c: n for n, c in image.convert("RGB").getcolors(count)}


class Page(html.parser.HTMLParser):
    """Collects what is shown, and the colour and number of each word."""

    def __init__(self, text):
        super().__init__()
        self.shown, self.words, self.tags = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag == "span":
            self.words.append(dict(attributes))

    def handle_data(self, data):
        if data.strip():
            self.shown.append(data.strip())


def test_lightest_and_darkest_of_each_sentence():
    """Liu et al. 2016, section 3.5: smallest and biggest weight."""
    np.testing.assert_allclose(attention.shades(WEIGHTS), [0, 1 / 3, 1])
    np.testing.assert_allclose(attention.shades(WEIGHTS / 9), [0, 1 / 3, 1])


@pytest.mark.parametrize("words", [1, 4])
def test_no_word_stands_out(words):
    np.testing.assert_array_equal(
        attention.shades(np.full(words, 1 / words)), np.zeros(words)
    )


def test_png(tmp_path):
    """One box of the darkest colour, of about a word's size."""
    path = tmp_path / "new" / "a.png"
    assert attention.write_png(path, [MAP]) == path
    with Image.open(path) as image:
        assert (image.format, image.width) == ("PNG", 900)
        assert image.height < 150
    assert 500 < colors(path)[DARK] < 3000


def test_long_sentences_go_on_below(tmp_path):
    def height(words):
        path = attention.write_png(tmp_path / "a.png", [heat_map(words)])
        with Image.open(path) as image:
            assert image.width == 900
            return image.height

    one = height(["word"])
    assert height(["word"] * 5) == one
    lines = (height(["word"] * 100) - one) / 34
    assert lines in (8, 9, 10)  # about ten words a line
    # A word wider than the picture is cut.
    assert height(["W" * 10_000]) == one


def test_png_of_any_text(tmp_path):
    """Signs that matplotlib would take for formulas; missing glyphs; right
    to left; what steers a terminal."""
    words = ["$", "a_{$", "漢字", "😀", "שלום", "\x1b[31m", "\u202e"]
    path = attention.write_png(tmp_path / "a.png", [heat_map(words)])
    assert DARK in colors(path)


def test_html(tmp_path):
    path = attention.write_html(tmp_path / "new" / "a.html", [MAP, MAP])
    page = Page(path.read_text("utf-8"))
    assert page.shown[-5:] == ["neutral", "premise", *WORDS]
    assert page.words[3:] == [
        {"style": "background:#ffffff", "title": "0.2000"},
        {"style": "background:#fac6be", "title": "0.3000"},
        {"style": "background:#ef533c", "title": "0.5000"},
    ]
    assert not page.tags & {"script", "link", "img"}  # needs no other file


def test_html_is_escaped(tmp_path):
    words = ["<script>alert(1)</script>", '"onclick="', "&amp;", "שלום"]
    attacked = HeatMap("<b>", {"<i>": WeightedWords(words, np.ones(4))})
    page = Page(
        attention.write_html(tmp_path / "a.html", [attacked]).read_text("utf-8")
    )
    assert page.shown[-6:] == ["<b>", "<i>", *words]
    assert not page.tags & {"script", "b", "i"}


def test_terminal_with_numbers():
    assert attention.terminal_text([MAP], color=False).splitlines() == [
        "neutral",
        "premise    a(0.20) dog(0.30) runs(0.50)",
    ]


def test_terminal_with_colors():
    """White is number 231 of the palette and red 196."""
    text = attention.terminal_text([MAP], color=True)
    assert re.findall(r"\x1b\[48;5;(\d+);38;5;16m (\w+) \x1b\[0m", text) == [
        ("231", "a"),
        ("217", "dog"),
        ("196", "runs"),
    ]


@pytest.mark.parametrize("color", [False, True])
def test_lines_fit_the_terminal(color):
    text = attention.terminal_text([heat_map(["word"] * 50)], color, width=40)
    lines = re.sub(r"\x1b\[[\d;]*m", "", text).splitlines()[1:]
    assert all(len(line) <= 40 for line in lines)
    assert all(line.startswith(" " * 11) for line in lines[1:])
    assert "".join(lines).count("word") == 50


def test_text_cannot_steer_the_terminal():
    text = attention.terminal_text([heat_map(["\x1b[2J", "\u202ea"])], False)
    assert text.isascii() is False
    assert all(c.isprintable() or c == "\n" for c in text)


@pytest.mark.parametrize(
    "terminal, environment, expected",
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),  # no-color.org: when not empty
        (True, {"TERM": "dumb"}, False),
    ],
)
def test_when_colors_are_used(monkeypatch, terminal, environment, expected):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    assert attention.use_color(stream) is expected

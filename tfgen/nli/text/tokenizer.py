r"""Words of a sentence, as in the Penn Treebank and the files of SNLI.

Punctuation is split off, `don't` becomes `do n't`, `dog's` becomes `dog 's`,
and straight double quotes become `` and ''. Numbers (`1,000`, `3.5`, `5:30`),
abbreviations (`Mr.`, `U.S.`) and words with hyphens stay whole.

The tokenizer is an ordered list of replacements (`RULES`) and a split at
spaces, and nothing else, so that a TensorFlow graph can do exactly the same
(`graph_tokenizer`); plain sentences take a shortcut to the same tokens. Every
pattern means the same to Python's `re` and to RE2: no lookaround, no
backreference in a pattern, no `\w`, `\s` or `\b`, whose alphabets differ, and
no `.`, which is another class where text may hold line feeds. Only A to Z are
lower-cased, for the same reason.

This file needs Python's standard library alone: it is copied next to exported
models, whose files hold the vocabulary.

Example:
  python tokenizer.py float32.tflite "A man sleeps."
"""

from __future__ import annotations

import json
import re
import sys
import zipfile

# Two private characters mark places between rules; text cannot hold them, for
# the first rule takes them for spaces.
_DOT = "\ue000"  # a period that belongs to an abbreviation
_APOSTROPHE = "\ue001"  # an apostrophe that starts a clitic

# What separates words: controls, every space of Unicode, and our marks.
_SPACES = (
    "[\\x00-\\x20\\x7f-\\xa0\u1680\u180e\u2000-\u200b\u2028\u2029\u202f"
    f"\u205f\u2060\u3000\ufeff{_DOT}{_APOSTROPHE}]+"
)
# Pictographs, with what joins and colours them.
_EMOJI = (
    "([\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
    "[\u200d\ufe0f\u2600-\u27bf\U0001f3fb-\U0001f3ff]*)"
)
_ABBREVIATIONS = (
    "Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|Gen|Col|Lt|Sgt|Capt|Rev|Hon|vs|etc|No|Inc"
    "|Co|Corp|Ltd|Ave|Blvd|Mt|Ft|[A-Z]"
)

# (pattern, replacement); a replacement may name groups as \1, \2.
#
# A rule that looks at a neighbour consumes it, so it would miss every second of
# two matches that share one. Hence the two spaces between words: each word has
# one of its own on either side.
RULES: tuple[tuple[str, str], ...] = (
    (_SPACES, " "),
    # Bytes that were not UTF-8: decoders differ in how many they report.
    ("\ufffd+", " \ufffd "),
    # Typographic quotes and dashes.
    ("[\u2018\u2019\u201b\u2032]", "'"),
    ("[\u201c\u201f\u00ab]", " `` "),
    ("[\u201d\u00bb]", " '' "),
    ("[\u2012-\u2015]|--+", " -- "),
    # A straight quote opens after a space or a bracket, and closes otherwise.
    ('([ (\\[{<])"', r"\1 `` "),
    ('"', " '' "),
    ("(``|'')", r" \1 "),
    # Punctuation that is never part of a word.
    ("([.][.][.]+|\u2026)", " ... "),
    (
        r"([;@#$%&?!()\[\]{}<>*|~^=+\\"
        "\u00a1\u00bf\u00a3\u20ac\u00a5\u3001\u3002\uff01\uff0c\uff1a\uff1f])",
        r" \1 ",
    ),
    (_EMOJI, r" \1 "),
    # Commas and colons, except between digits.
    ("([,:]+)([^0-9,:])", r" \1 \2"),
    ("([^0-9,:])([,:]+)", r"\1 \2 "),
    (" +", "  "),
    # The period that ends a word, unless the word is an abbreviation.
    (f" ({_ABBREVIATIONS})[.] ", rf" \1{_DOT} "),
    ("( [^ .]+)[.] ", r"\1 . "),
    ("( [0-9]+[.][0-9]+)[.] ", r"\1 . "),
    ("( [^ ]+[a-z][a-z])[.] ", r"\1 . "),
    (_DOT, "."),
    (" +", "  "),
    # Clitics that stand alone already, and those that do not.
    (
        " '([sSmMdD]|ll|LL|re|RE|ve|VE|t|em|tis|twas) ",
        rf" {_APOSTROPHE}\1 ",
    ),
    ("([^ '])'([sSmMdD]|ll|LL|re|RE|ve|VE) ", rf"\1 {_APOSTROPHE}\2 "),
    ("([^ ])([nN]'[tT]) ", r"\1 \2 "),
    (" ([nN])'([tT]) ", rf" \1{_APOSTROPHE}\2 "),
    # Single quotes: at a word's start, then at its end.
    (" '([^ '])", r" ` \1"),
    ("([^ '])' ", r"\1 ' "),
    (_APOSTROPHE, "'"),
    # Words that are two.
    (" ([cC]an)(not) ", r" \1 \2 "),
    (" ([gG]on|[wW]an)(na) ", r" \1 \2 "),
    (" ([gG]ot)(ta) ", r" \1 \2 "),
)

_COMPILED = tuple((re.compile(p), r) for p, r in RULES)
_LOWER = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"
)

# Most sentences are words, commas and a period, and need few of these rules.
_PLAIN = re.compile("[A-Za-z ,-]*[a-z][a-z][.]? *").fullmatch
_NOT_PLAIN = frozenset(
    "cannot Cannot gonna Gonna wanna Wanna gotta Gotta".split()
)
_ABBREVIATED = frozenset(_ABBREVIATIONS.split("|"))


def _plain_tokens(text: str) -> list[str] | None:
    """The tokens of a plain sentence; None if it is not plain."""
    if not _PLAIN(text) or "--" in text or text.count(",") != text.count(", "):
        return None
    tokens = text.replace(",", " ,").replace(".", " .").split()
    if not _NOT_PLAIN.isdisjoint(tokens):
        return None
    if tokens[-1] == "." and tokens[-2] in _ABBREVIATED:
        return None
    return tokens


def tokenize(text: str | bytes, lower: bool = True) -> list[str]:
    """Returns the words of a text.

    Args:
      text: a sentence, or its UTF-8; what is not UTF-8 becomes U+FFFD.
      lower: make A to Z lower case.

    Returns:
      Its tokens in order, none of which is empty or holds a space.
    """
    if isinstance(text, str):
        tokens = _plain_tokens(text)
        if tokens is not None:
            return [t.translate(_LOWER) for t in tokens] if lower else tokens
        # A lone surrogate, which Python's strings may hold, is no character.
        text = text.encode("utf-8", "surrogatepass")
    # With a space on either side, the ends of the text need no rules.
    line = f" {text.decode('utf-8', 'replace')} "
    for pattern, replacement in _COMPILED:
        line = pattern.sub(replacement, line)
    if lower:
        line = line.translate(_LOWER)
    return [token for token in line.split(" ") if token]


def portable_rules() -> list[list[str]]:
    """Returns `RULES` as Java, ICU and JavaScript take them: groups are $1."""
    return [[p, re.sub(r"\\([0-9])", r"$\1", r)] for p, r in RULES]


def split_tokens(text: str, lower: bool = True) -> list[str]:
    """Returns the tokens of a text whose tokens are joined by spaces."""
    if lower:
        text = text.translate(_LOWER)
    return [token for token in text.split(" ") if token]


class TextEncoder:
    """Text to the ids that an exported model takes."""

    def __init__(self, path: str):
        """Reads the vocabulary.

        Args:
          path: a TFLite file of an export.
        """
        with zipfile.ZipFile(path) as files:
            lines = files.read("vocabulary.txt").decode().split("\n")
            settings = json.loads(files.read("tokenizer.json"))
        # Line i is id i; padding and "unknown", the first two, are no words.
        self._ids = {word: i for i, word in enumerate(lines[:-1]) if i > 1}
        self._lower = settings["lower"]
        self._max_length = settings["max_length"]

    def __call__(self, text: str | bytes) -> list[int]:
        """Returns the ids of a text; 1 stands for any unknown word."""
        tokens = tokenize(text, self._lower)[: self._max_length or None]
        return [self._ids.get(token, 1) for token in tokens] or [1]


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(f"usage: {sys.argv[0]} FILE.tflite TEXT...")
    encode = TextEncoder(sys.argv[1])
    for argument in sys.argv[2:]:
        print(*encode(argument))

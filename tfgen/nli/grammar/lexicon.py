"""The words of the grammar, as `lexicon.toml` lists them."""

from __future__ import annotations

import pathlib
import tomllib
from typing import Any


def _words(node: Any) -> Any:
    """Every string as the list of its words."""
    if isinstance(node, str):
        return node.split(", ")
    if isinstance(node, list):
        return [_words(item) for item in node]
    return {name: _words(item) for name, item in node.items()}


# Part of speech -> its tables.
LEXICON: dict[str, dict[str, Any]] = _words(
    tomllib.loads(pathlib.Path(__file__).with_suffix(".toml").read_text())
)

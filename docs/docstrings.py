"""Docstrings as Markdown."""

from __future__ import annotations

import ast
import re
import textwrap

_SECTIONS = ("Args:", "Returns:", "Raises:", "Yields:", "Attributes:")


def markdown(text: str) -> str:
    """Returns a docstring as Markdown, which it nearly is."""
    found = []
    for paragraph in text.strip().split("\n\n"):
        first, _, rest = paragraph.partition("\n")
        if first in _SECTIONS:
            items = re.sub(r"(?m)^  (?=\S)(\**[\w, ]+):", r"- `\1`:", rest)
            found.append(f"**{first}**\n\n{textwrap.dedent(items)}")
        elif re.fullmatch(r"(    .*\n?)+", paragraph):
            # Code, in Markdown, too.
            found.append(_fenced(paragraph) if "import " in text else paragraph)
        elif re.search(r"(?m)^  +\S", rest) and "- " not in paragraph:
            # Columns: a tree of folders, a table, a formula of several lines.
            found.append(f"```text\n{paragraph}\n```")
        else:
            found.append(linked(paragraph))
    return "\n\n".join(found) + "\n"


def linked(text: str) -> str:
    """Returns a text with links to arXiv."""
    return re.sub(
        r"arXiv:(\d{4}\.\d{4,5})",
        r"[arXiv:\1](https://arxiv.org/abs/\1)",
        text,
    )


def _fenced(paragraph: str) -> str:
    """An indented block; of Python where it can be read as Python."""
    code = textwrap.dedent(paragraph)
    try:
        ast.parse(code)
    except SyntaxError:
        return f"```text\n{code}\n```"
    return f"```python\n{code}\n```"

"""The messages of errors, read from the source."""

from __future__ import annotations

import ast
import pathlib
import re
from collections.abc import Iterator

_FOLDERS = ("apps", "tfgen", "export", "serving")
# Their first argument is what the user reads; a server's client, the last's.
_ERRORS = ("UserError", "SettingError", "BadImageError", "RequestError")


def modules(root: pathlib.Path) -> Iterator[tuple[str, str, list[str]]]:
    """Yields each module that has messages, what it is for, and these.

    Args:
      root: of the project.
    """
    for folder in _FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            tree = ast.parse(path.read_text())
            if found := sorted(set(_messages(tree))):
                parts = path.relative_to(root).with_suffix("").parts
                name = ".".join(parts).removesuffix(".__init__")
                yield name, ast.get_docstring(tree) or "", found


def _messages(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        for text in _said(node) if isinstance(node, ast.Call) else ():
            # One that only passes another on has no words of its own.
            if re.search(r"\w", text.replace("…", "")):
                text = re.sub("…+", "…", re.sub(r"\s+", " ", text))
                yield text.replace("`", "'").strip()


def _said(node: ast.Call) -> Iterator[str]:
    """What a call says that makes an error, or refuses flags."""
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name in _ERRORS and node.args:
        yield _template(node.args[0])
    elif name == "refuse" and (why := _template(node.args[1])) != "…":
        yield f"--…=…: {why}"
    elif name == "refuse_without":
        for keyword in node.keywords:
            if keyword.arg and isinstance(keyword.value, ast.Constant):
                for flag in keyword.value.value.split():
                    yield f"--{flag}=…: only with --{keyword.arg}."


def _template(node: ast.AST) -> str:
    """A message with … for what is filled in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_template, node.values))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _template(node.left) + _template(node.right)
    return "…"

"""The messages of errors, read from the source."""

from __future__ import annotations

import ast
import pathlib
import re
from collections.abc import Iterator

_FOLDERS = ("apps", "tfgen", "export", "serving")
# Their first argument is what the user reads; a server's client, the last's.
_ERRORS = (
    "UserError",
    "SettingError",
    "BadImageError",
    "BadRow",
    "NotAvailableError",
    "RequestError",
)


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
    functions = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            # What is inside comes later.
            functions |= {id(part): node.name for part in ast.walk(node)}
    for node in ast.walk(tree):
        for argument, words in (
            _said(node) if isinstance(node, ast.Call) else ()
        ):
            text = _tidy(words.format(_template(argument)))
            # One that passes on another's words says what these are, and where.
            if len(re.findall(r"[A-Za-z]{2,}", text)) < 3:
                where = functions.get(id(node), "the module")
                text = _tidy(words.format(_template(argument, named=True)))
                text = f"{text} (said by {where})"
            yield text


def _tidy(text: str) -> str:
    text = re.sub("…+", "…", re.sub(r"\s+", " ", text))
    return text.replace("`", "'").strip()


def _said(node: ast.Call) -> Iterator[tuple[ast.AST, str]]:
    """What a call says that makes an error, or refuses flags; {} in words."""
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name in _ERRORS and node.args:
        yield node.args[0], "{}"
    elif name == "failed" and node.args:  # of a server that is asked
        yield node.args[0], "server=…: {}"
    elif name == "refuse" and _template(node.args[1]) != "…":
        yield node.args[1], "--…=…: {}"
    elif name == "refuse_without":
        for keyword in node.keywords:
            if keyword.arg and isinstance(keyword.value, ast.Constant):
                for flag in keyword.value.value.split():
                    yield (
                        ast.Constant(flag),
                        f"--{{}}=…: only with --{keyword.arg}.",
                    )


def _template(node: ast.AST, named: bool = False) -> str:
    """A message with … for what is filled in, or <its name>."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_template(part, named) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _template(node.left, named) + _template(node.right, named)
    if isinstance(node, ast.FormattedValue):
        return _template(node.value, named)
    name = getattr(node, "attr", getattr(node, "id", ""))
    return f"<{name}>" if named and name else "…"

"""The reference: what users import, from docstrings."""

from __future__ import annotations

import ast
import pathlib
import re
from collections.abc import Iterator

import docstrings

ROOT = pathlib.Path(__file__).parents[1]
# What users import, and what models, measures and servers are made of.
MODULES = (
    "tfgen",
    "tfgen.library",
    "tfgen.config",
    "tfgen.capabilities",
    "tfgen.projection",
    "tfgen.registry",
    "tfgen.errors",
    "tfgen.run",
    "tfgen.nli.pair_classifier",
    "tfgen.nli.pairs",
    "tfgen.data",
    "tfgen.data.settings",
    "tfgen.data.catalog",
    "tfgen.data.source",
    "tfgen.data.pipeline",
    "tfgen.losses",
    "tfgen.bijectors",
    "tfgen.nn",
    "tfgen.measures",
    "tfgen.measures.metrics",
    *(
        f"tfgen.{package}.{path.stem}"
        for package in ("evaluate", "scoring")
        for path in sorted((ROOT / "tfgen" / package).glob("[a-z]*.py"))
    ),
    "export.run",
    "export.export",
    "export.web.page",
    "serving.client",
    "serving.target",
    "serving.rest_client",
    "serving.grpc_client",
    "serving.query",
    "serving.server",
    "serving.promotion",
)


def reference() -> str:
    """Returns the page of all `MODULES`."""
    parts = (f"## `{name}`\n\n{documented(name, '###')}" for name in MODULES)
    # The contract has a page of its own.
    about = "What models are made by is [the contract](contract.md).\n\n"
    return f"# Reference\n\n{about}{''.join(parts)}"


def documented(module: str, level: str) -> str:
    """Returns a module's docstring, and its public classes and functions.

    Args:
      module: of the project; of a package, what it passes on, too.
      level: of the headings, as in Markdown.
    """
    path = ROOT / module.replace(".", "/")
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    source = path.read_text()
    tree = ast.parse(source)
    parts = [docstrings.markdown(ast.get_docstring(tree))]
    for node in [*_public(tree), *_passed_on(tree)]:
        parts.append(f"{level} `{node.name}`\n")
        parts.append(_described(node))
        if isinstance(node, ast.ClassDef):
            for method in _public(node):
                parts.append(_described(method))
    return "\n".join(parts) + "\n"


def _public(tree) -> list[ast.AST]:
    kinds = ast.ClassDef | ast.FunctionDef
    return [
        node
        for node in tree.body
        if isinstance(node, kinds) and not node.name.startswith("_")
    ]


def _passed_on(tree) -> Iterator[ast.AST]:
    """What is in `__all__` of a package, and defined in its files."""
    (names,) = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and getattr(node.targets[0], "id", "") == "__all__"
    ] or [[]]
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            path = ROOT / (node.module.replace(".", "/") + ".py")
            wanted = {alias.name for alias in node.names} & set(names)
            if wanted and path.exists():
                for part in _public(ast.parse(path.read_text())):
                    if part.name in wanted:
                        yield part


def _described(node) -> str:
    """What a definition is called with, and its docstring."""
    if isinstance(node, ast.ClassDef):
        bases = ", ".join(map(ast.unparse, node.bases))
        head = f"class {node.name}({bases})" if bases else f"class {node.name}"
    else:
        returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        head = f"{node.name}({ast.unparse(node.args)}){returns}"
        if len(head) > 80:
            given = re.split(r", (?![^\[]*\])", ast.unparse(node.args))
            lines = "".join(f"    {argument},\n" for argument in given)
            head = f"{node.name}(\n{lines}){returns}"
    text = docstrings.markdown(ast.get_docstring(node) or "")
    return f"```python\n{head}\n```\n\n{text}"

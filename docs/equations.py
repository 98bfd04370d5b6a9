"""The code that is a paper's equations, found in the source.

Nothing here imports TensorFlow: modules are read, not run.
"""

from __future__ import annotations

import ast
import pathlib
import re
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).parents[1]
# Methods that are formulas, of models and of the parts they are made of.
_FORMULAS = (
    "per_example_losses losses log_prob elbo energy log_weights generate encode"
    " decode draw classify reconstruct translate translate_back cost"
    " forward_and_log_det inverse_and_log_det"
).split()
# Methods of layers and bijectors that formulas are made of.
_PARTS = ("call", "split", "join", "_log_det")
# Modules that presets and settings come from.
_NO_FORMULAS = ("settings", "by_size", "conditions", "presets", "techniques")
# Packages whose `__init__` says which file a name is of.
_PACKAGES = ("tfgen.losses", "tfgen.bijectors", "tfgen.nn")
# Parts that compute nothing of a paper's own.
_PLUMBING = ("base", "of_data", "flatten", "sequential", "standardize")

Uses = dict[str, set[str]]


def equations(source: str) -> Iterator[tuple[str, list[str]]]:
    """Yields each file that has a model's equations, and these as Markdown.

    The first one is "", the model's own file: its formulas; where it has none,
    what puts it together. Then the files of `tfgen.models`, `losses`,
    `bijectors` and `nn` that it uses.

    Args:
      source: of the model's file.
    """
    tree = ast.parse(source)
    yield "", _code(source, list(_formulas(tree)) or list(_methods(tree)))
    todo, seen = _uses(tree, [tree]), {}
    while todo:
        module, names = todo.popitem()
        if names <= seen.setdefault(module, set()):
            continue
        seen[module] |= names
        if module.startswith("tfgen.models"):
            shared = ast.parse(_path(module).read_text())
            for file, more in _uses(shared, _reached(shared, names)).items():
                todo.setdefault(file, set()).update(more)
    for module in sorted(seen, key=_order):
        if code := _parts(module, seen[module]):
            yield str(_path(module).relative_to(ROOT)), code


def source_of(source: str, node: ast.AST) -> str:
    """Returns a definition from its decorators on, not indented."""
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    lines = source.splitlines()[first - 1 : node.end_lineno]
    return "\n".join(line[node.col_offset :] for line in lines)


def _order(module):
    """The models' own files come first."""
    return not module.startswith("tfgen.models"), module


def _path(module: str) -> pathlib.Path:
    return ROOT / (module.replace(".", "/") + ".py")


def _code(source: str, nodes) -> list[str]:
    return [f"```python\n{source_of(source, node)}\n```\n" for node in nodes]


def _methods(tree) -> Iterator[ast.AST]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name != "Config":
            for part in node.body:
                if isinstance(part, ast.FunctionDef):
                    yield part


def _formulas(tree) -> Iterator[ast.AST]:
    """What cites an equation or a section, and methods that are formulas."""
    yield from filter(_is_formula, _methods(tree))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and _is_formula(node):
            yield node


def _is_formula(node) -> bool:
    if getattr(node, "returns", None) and "Preset" in ast.unparse(node.returns):
        return False  # settings that a section gives
    return _cites(node) or node.name in _FORMULAS


def _cites(node) -> bool:
    words = ast.get_docstring(node) or ""
    return bool(re.search(r"\b(eqs?\.|[Ss]ections? \d)", words))


def _parts(module: str, names: set[str]) -> list[str]:
    """The formulas of a shared file that a model uses."""
    source = _path(module).read_text()
    tree = ast.parse(source)
    found = []
    for node in tree.body:
        if getattr(node, "name", None) not in names:
            continue
        if module.startswith("tfgen.models"):
            if isinstance(node, ast.ClassDef):
                found += _code(source, _formulas(ast.Module([node], [])))
            elif _is_formula(node):
                found += _code(source, [node])
        elif module.startswith("tfgen.losses"):
            found += _code(source, [node])
        elif module.startswith("tfgen.bijectors") or _cites(node):
            if isinstance(node, ast.ClassDef):
                found.append(_excerpt(source, node))
            else:
                found += _code(source, [node])
    return found


def _excerpt(source: str, node: ast.ClassDef) -> str:
    """A class with its docstring, which has the formulas, and these in code."""
    lines = source.splitlines()
    wanted = [
        part
        for part in node.body
        if isinstance(part, ast.FunctionDef)
        and (_is_formula(part) or part.name in _PARTS)
    ]
    spans = [(node.lineno, node.body[0].end_lineno)]
    spans += [(part.lineno, part.end_lineno) for part in wanted]
    texts = ["\n".join(lines[first - 1 : last]) for first, last in spans]
    return "```python\n" + "\n\n".join(texts) + "\n```\n"


def _reached(tree, names: set[str]) -> list[ast.AST]:
    """The definitions of a module that these names are made of."""
    defined = {getattr(node, "name", ""): node for node in tree.body}
    todo, found = [*names], {}
    while todo:
        name = todo.pop()
        if name in defined and name not in found:
            found[name] = defined[name]
            for node in ast.walk(defined[name]):
                if isinstance(node, ast.Name):
                    todo.append(node.id)
    return list(found.values())


def _uses(tree, definitions) -> Uses:
    """Module of ours -> names that definitions of `tree` use of it."""
    of_names, of_modules = _imports(tree)
    found: Uses = {}
    for node in (n for part in definitions for n in ast.walk(part)):
        module = name = ""
        if isinstance(node, ast.Name) and node.id in of_names:
            module, name = of_names[node.id]
        elif isinstance(node, ast.Attribute):
            module = of_modules.get(getattr(node.value, "id", ""), "")
            module, name = _exports(module).get(node.attr, module), node.attr
        if module and not module.endswith((*_NO_FORMULAS, *_PLUMBING)):
            found.setdefault(module, set()).add(name)
    return found


def _imports(tree):
    """Name -> (module, its name there), and name -> module."""
    names, modules = {}, {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        for alias in node.names:
            name = alias.asname or alias.name
            full = f"{node.module}.{alias.name}"
            file = _exports(node.module).get(alias.name)
            if file:
                names[name] = file, alias.name
            elif full in _PACKAGES or (
                full.startswith((*_PACKAGES, "tfgen.models"))
                and _path(full).exists()
            ):
                modules[name] = full
            elif (node.module or "").startswith("tfgen.models."):
                names[name] = node.module, alias.name
    return names, modules


def _exports(package: str) -> dict[str, str]:
    """Name -> module, of what a package passes on."""
    if package not in _PACKAGES:
        return {}
    tree = ast.parse(
        (ROOT / package.replace(".", "/") / "__init__.py").read_text()
    )
    return {
        alias.name: node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module.startswith(package)
        for alias in node.names
    }

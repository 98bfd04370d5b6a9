"""Pages of the site that follow from the code.

Nothing here imports TensorFlow: modules are read, not run.
"""

from __future__ import annotations

import ast
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

import equations  # noqa: E402
import figures  # noqa: E402
import messages  # noqa: E402

from tfgen import experiments, registry  # noqa: E402

_FAMILIES = {
    "flows": "Flows",
    "autoregressive": "One number after another",
    "autoencoders": "Autoencoders",
    "energy": "Energies and chains",
    "games": "Games",
    "translation": "Pictures into pictures",
    "few_labels": "Few labels",
    "classifiers": "Classifiers of sentence pairs",
    "ica": "Independent components",
}
_SECTIONS = ("Args:", "Returns:", "Raises:", "Yields:", "Attributes:")
_PART = "<!-- not run: a part of the source -->\n"
# What users import, with the page's title.
_REFERENCE = (
    "tfgen",
    "tfgen.library",
    "tfgen.config",
    "tfgen.capabilities",
    "tfgen.projection",
    "tfgen.registry",
    "export.run",
    "export.export",
    "export.web.page",
    "serving.client",
)


def write(folder: pathlib.Path) -> None:
    """Writes the pages, and removes those that are no more.

    Args:
      folder: of these pages alone.
    """
    made = {folder / path: text for path, text in pages().items()}
    for path in folder.rglob("*.md"):
        if path not in made:
            path.unlink()
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Sphinx reads again what is newer than what it has made.
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def pages() -> dict[str, str]:
    """Returns path -> Markdown of each page that is made."""
    found = {
        f"papers/{name}.md": paper(name, entry)
        for name, entry in registry.MODELS.items()
        if entry.family != "plug-in"
    }
    found |= {
        "papers/index.md": papers(),
        "contract.md": "# The contract\n\n" + _documented("tfgen.model", "##"),
        "reference.md": "# Reference\n\n"
        + "".join(f"## {m}\n\n{_documented(m, '###')}" for m in _REFERENCE),
        "experiments.md": claims(),
        "troubleshooting.md": troubleshooting(),
        "comparison.md": comparison(),
    }
    return {
        path: text.replace("\n```python\n", f"\n{_PART}```python\n")
        for path, text in found.items()
    }


def _commands(text: str, reason: str) -> str:
    """A block that is not run by `docs/run_blocks.py`."""
    return f"<!-- not run: {reason} -->\n```sh\n{text.strip()}\n```\n"


def _documented(module: str, level: str) -> str:
    """A module's docstring, and its public classes and functions."""
    path = ROOT / module.replace(".", "/")
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    source = path.read_text()
    tree = ast.parse(source)
    parts = [_markdown(ast.get_docstring(tree))]
    for node in _public(tree):
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
    text = _markdown(ast.get_docstring(node) or "")
    return f"```python\n{head}\n```\n\n{text}"


def papers() -> str:
    """The papers by family."""
    lines = ["# Papers\n", "A model is a file that reads like its paper.\n"]
    models = {
        name: entry
        for name, entry in registry.MODELS.items()
        if entry.family != "plug-in"
    }
    families = [*_FAMILIES, *(entry.family for entry in models.values())]
    for family in dict.fromkeys(families):
        title = _FAMILIES.get(family, family)
        lines.append(f"\n## {title}\n")
        for name, entry in models.items():
            if entry.family == family:
                lines.append(f"- [`{name}`]({name}.md): {entry.paper}")
    return "\n".join([*lines, "\n```{toctree}\n:hidden:\n", *models, "```\n"])


def paper(name: str, entry: registry.Entry) -> str:
    """The page of a model: its docstring, and the code that is its equations.

    Args:
      name: in the registry.
      entry: of the registry.
    """
    path = ROOT / (entry.module_name.replace(".", "/") + ".py")
    source = path.read_text()
    tree = ast.parse(source)
    title, _, text = ast.get_docstring(tree).partition("\n")
    parts = [
        f"# {title.rstrip('.')}\n",
        f"`{name}`, {_linked(entry.paper)}.\n",
        _markdown(text),
        "## Train it\n",
        _train(name, entry),
        "## The code that is its equations\n",
        f"From `{path.relative_to(ROOT)}`.\n",
    ]
    for file, code in equations.equations(source):
        if file:
            parts.append(f"From `{file}`, shared with other papers.\n")
        parts += code
    if settings := _class(tree, "Config"):
        parts.append("## Settings\n")
        parts.append("`--set network.NAME=VALUE`; in `config.json`, too.\n")
        code = equations.source_of(source, settings)
        parts.append(f"```python\n{code}\n```\n")
    readme = (ROOT / "README.md").read_text()
    parts += ["## Figures\n", *figures.figures(name, readme)]
    return "\n".join(parts)


def _train(name, entry):
    if entry.family == "classifiers":
        command = f"python -m apps.snli --model={name}"
    else:
        command = f"python -m apps.run --model={name}"
    presets = ", ".join(f"`{preset}`" for preset in entry.presets)
    block = _commands(command, "minutes; the tests train `--preset=tiny`")
    return f"{block}\nPresets (`--preset`): {presets}.\n"


def _linked(text: str) -> str:
    """With links to arXiv."""
    return re.sub(
        r"arXiv:(\d{4}\.\d{4,5})",
        r"[arXiv:\1](https://arxiv.org/abs/\1)",
        text,
    )


def _markdown(text: str) -> str:
    """A docstring as Markdown, which it nearly is."""
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
            found.append(_linked(paragraph))
    return "\n\n".join(found) + "\n"


def _fenced(paragraph: str) -> str:
    """An indented block; of Python where it can be read as Python."""
    code = textwrap.dedent(paragraph)
    try:
        ast.parse(code)
    except SyntaxError:
        return f"```text\n{code}\n```"
    return f"```python\n{code}\n```"


def _class(tree, name):
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return node
    return None


def claims() -> str:
    """What each experiment claims, its command, and what came out."""
    parts = [
        "# Experiments\n",
        "Claims of papers that are no models: what is claimed, what is tried"
        " here and what is not, and what came out.\n",
    ]
    for name in experiments.NAMES:
        path = ROOT / "tfgen" / "experiments" / f"{name}.py"
        title, _, text = ast.get_docstring(
            ast.parse(path.read_text())
        ).partition("\n")
        parts += [
            f"## {title.rstrip('.')}\n",
            _markdown(text),
            _commands(
                f"python -m apps.reproduce --table={name} --seeds=3",
                "minutes to hours; its test runs a small part",
            ),
            f"What came out: {_outcome(name)}.\n",
        ]
    return "\n".join(parts)


def _outcome(name: str) -> str:
    """The last cell of an experiment's row in the README."""
    for line in (ROOT / "README.md").read_text().splitlines():
        if line.startswith(f"| `{name}` |"):
            return line.split(" | ", 2)[2].removesuffix(" |")
    return "not in the README yet"


def troubleshooting() -> str:
    """Each message of an error, by the module that raises it."""
    parts = [
        "# Troubleshooting\n",
        "Each error is one line: the setting, flag or file, what was wrong,"
        " and what would be right. `…` is what the line fills in; the library"
        " names settings (`network.margin`), apps flags (`--set"
        " network.margin`). `--debug` shows a traceback. What the development"
        " server answers is here, too.\n",
    ]
    for module, doc, found in messages.modules(ROOT):
        parts += [f"## `{module}`\n", _markdown(doc.split("\n\n")[0])]
        parts += [f"- `{message}`" for message in found]
        parts.append("")
    return "\n".join(parts)


def comparison() -> str:
    """The benchmarks' page; its files are named, not linked."""
    text = (ROOT / "benchmarks" / "README.md").read_text()
    text = re.sub(r"\[([^\]]+)\]\((?!https?:|#)[^)]+\)", r"\1", text)
    return re.sub(
        r"(?ms)^```\n(.*?)^```\n",
        lambda block: _commands(block[1], "minutes to hours, a quiet machine"),
        text,
    )

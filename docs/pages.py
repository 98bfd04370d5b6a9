"""Pages of the site that follow from the code.

Nothing here imports TensorFlow: modules are read, not run.
"""

from __future__ import annotations

import ast
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

import docstrings  # noqa: E402
import equations  # noqa: E402
import figures  # noqa: E402
import messages  # noqa: E402
import reference  # noqa: E402

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
_PART = "<!-- not run: a part of the source -->\n"


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
        "contract.md": "# The contract\n\n"
        + reference.documented("tfgen.model", "##"),
        "reference.md": reference.reference(),
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
        f"`{name}`, {docstrings.linked(entry.paper)}.\n",
        docstrings.markdown(text),
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
            docstrings.markdown(text),
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
        parts += [f"## `{module}`\n", docstrings.markdown(doc.split("\n\n")[0])]
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

"""The site's pages that follow from the code; the blocks that are run."""

import ast
import importlib.util
import json
import pathlib
import re
import sys

import pytest

from tfgen import experiments, registry
from tfgen.tables import grid
from tfgen.tables.papers import TABLES

DOCS = pathlib.Path(__file__).parents[1] / "docs"


def load(name):
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages():
    path = [*sys.path]
    yield load("pages.py").pages()
    sys.path[:] = path


def test_every_paper_has_a_page_with_code(pages):
    for name, entry in registry.MODELS.items():
        if entry.family == "plug-in":
            continue
        text = pages[f"papers/{name}.md"]
        assert f"--model={name}" in text
        assert f"]({name}.md): {entry.paper}" in pages["papers/index.md"]
        assert text.count("```") % 2 == 0
        code = text.split("## The code that is its equations")[1]
        code, _, rest = code.partition("## Settings")
        path = entry.module_name.replace(".", "/")
        own = f"From `{path}.py`.\n\n<!-- not run: a part of the source -->\n"
        assert f"{own}```python\n" in code, name
        # What couplings and masks are is in the bijector's or layer's file.
        if entry.family == "flows":
            assert "From `tfgen/bijectors/" in code, name
        figures = rest.partition("## Figures")[2]
        told = re.sub(r"`[^`]*`", "", figures)
        assert re.search(r"\d", told) or "no figure yet" in told, name
        assert "python -m" not in figures


def test_figures_are_of_the_model(pages):
    figures = {
        name: pages[f"papers/{name}.md"].partition("## Figures")[2]
        for name in registry.MODELS
        if f"papers/{name}.md" in pages
    }
    missing = {name for name in figures if "no figure yet" in figures[name]}
    assert missing == {"iaf"}
    assert "FVBN | 18.76" in figures["fvbn"] and "NICE" not in figures["fvbn"]
    assert "1.724" not in figures["pixel_cnn"]
    assert "| 10 | 86.1 ± 17.8 | 64.6 ± 15.8 |" in figures["aae"]
    assert "correlations 98.73" in figures["tcl"]


def test_equations_that_papers_share_are_there(pages):
    text = pages["papers/ebgan.md"]
    assert "L_D = D(x) + max(0, m - D(G(z)))" in text
    assert "def pulling_away(" in text and "def margin_loss(" in text
    assert "What deviates, and why:" in text
    assert "-ELBO | 18.41" in pages["papers/vae.md"]
    text = pages["papers/real_nvp.md"]
    assert "log det = sum log |df/dx_b|" in text and "def split(" in text


def test_every_experiment_is_there(pages):
    text = pages["experiments.md"]
    for name in experiments.NAMES:
        _, _, told = text.partition(f"--table={name} ")
        assert "What came out: " in told.partition("\n## ")[0], name
    assert "What came out: reproduced, 5 seeds: 20 starts each" in text


def test_messages_are_there(pages):
    text = pages["troubleshooting.md"]
    assert "format=web: the page runs float32; expected it in quantize" in text
    assert "workdir=…: in use by …; wait until it ends" in text
    assert "- `--rollback=…: only with --publish.`" in text
    assert "- `--…=…: not with --all.`" in text
    assert "- `the request has … rows; at most … are taken" in text


def said(tree):
    """The words of each call that makes an error a user reads."""
    names = (*load("messages.py")._ERRORS, "failed")
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        if getattr(node.func, "attr", getattr(node.func, "id", "")) in names:
            parts = [
                part.value
                for part in ast.walk(node.args[0])
                if isinstance(part, ast.Constant)
                and isinstance(part.value, str)
            ]
            yield node.lineno, " ".join(max([*parts, ""], key=len).split())


def test_every_error_has_an_entry(pages):
    """Those without words, too: they name what is filled in, and where."""
    sections = dict(
        part.partition("`\n")[::2]
        for part in pages["troubleshooting.md"].split("\n## `")
    )
    for folder in ("apps", "tfgen", "export", "serving"):
        for path in sorted((DOCS.parent / folder).rglob("*.py")):
            calls = list(said(ast.parse(path.read_text())))
            parts = path.relative_to(DOCS.parent).with_suffix("").parts
            module = ".".join(parts).removesuffix(".__init__")
            text = sections[module] if calls else ""
            for line, words in calls:
                assert words.replace("`", "'") in text, (path, line)
    assert "<path>: <error> (said by " in sections["tfgen.data.records"]
    assert "columns, expected the header's" in sections["tfgen.nli.rows"]
    assert "<text> (said by " in sections["serving.rest"]


def test_the_reference_has_what_users_call(pages):
    text = pages["reference.md"]
    for name in ("fit", "load", "zoo", "ArrayRun", "export_run", "connect"):
        assert f"### `{name}`" in text
    assert "- `data`: name of data" in text
    for name in ("Coupling", "pulling_away", "MaskedMLP", "PairClassifier"):
        assert f"### `{name}`" in text
    assert "## `Model`" in pages["contract.md"]


def test_the_reference_has_what_the_documentation_imports(pages):
    text = pages["reference.md"] + pages["contract.md"]
    sources = [*DOCS.glob("*.md"), DOCS.parent / "README.md"]
    run_blocks = load("run_blocks.py")
    codes = [
        block.code
        for path in sources
        for block in run_blocks.blocks(path.read_text())
        if block.kind == "python"
    ]
    codes += [run_blocks.cells(path).code for path in run_blocks.NOTEBOOKS]
    codes.append((DOCS.parent / "tests/plugins/tiny_vae/vae.py").read_text())
    for code in codes:
        for module, names in re.findall(
            r"(?m)^from ((?:tfgen|export|serving)[\w.]*) import (.+)$", code
        ):
            if module != "tfgen.model":  # the contract's
                assert f"## `{module}`" in text, module
            for name in names.split(", "):
                if not name.isupper():
                    assert f"## `{name}`" in text, name


def test_blocks():
    blocks = load("run_blocks.py").blocks
    found = list(
        blocks(
            "```sh\npython -m apps.train --model=vae  # a\nls\n```\n"
            "<!-- not run: a reason -->\n```python\nfit(steps=500)\n```\n"
            "```\nnothing\n```\n"
            "1. In a list:\n   <!-- not run: b -->\n   ```sh\n   ls\n   ```\n"
        )
    )
    assert [block.reason for block in found] == ["", "a reason", "b"]
    assert found[2].code == "ls\n"
    assert found[0].brief == (
        "python -m apps.train --model=vae --preset=tiny --steps=4  # a\nls\n"
    )
    assert found[1].brief == 'fit(steps=4, preset="tiny")\n'


def test_every_command_of_a_page_is_a_block(pages):
    """And those that are not run say why; generated pages run none."""
    run_blocks = load("run_blocks.py")
    for page in run_blocks.PAGES:
        text = (DOCS.parent / page).read_text()
        assert list(run_blocks.stray(text)) == [], page
    for page, text in pages.items():
        assert list(run_blocks.stray(text)) == [], page
        found = list(run_blocks.blocks(text))
        assert len(found) == len(re.findall(r"(?m)^ *```(sh|python)$", text))
        assert all(block.reason for block in found), page


def test_what_is_no_block_is_found():
    stray = load("run_blocks.py").stray
    text = "```\npython -m apps.run\n```\n    import os\nimport words\n"
    found = list(stray(text + "```sh\npip install x\n```\n    $ cp a b\n"))
    assert found == ["python -m apps.run", "    import os", "    $ cp a b"]


def test_every_page_with_blocks_is_run():
    run_blocks = load("run_blocks.py")
    for page in DOCS.glob("*.md"):
        # `test_your_data.py` runs that one.
        if f"docs/{page.name}" not in (*run_blocks.PAGES, "docs/your_data.md"):
            text = page.read_text()
            assert not list(run_blocks.blocks(text)), page
            assert not list(run_blocks.stray(text)), page


def test_the_pages_of_the_site_are_linked():
    text = (DOCS / "index.md").read_text()
    listed = text.partition("```{toctree}")[2].splitlines()
    for path in DOCS.glob("*.md"):
        assert path.stem in listed or path.stem == "index"


def test_notebooks_have_code_and_no_outputs():
    run_blocks = load("run_blocks.py")
    assert len(run_blocks.NOTEBOOKS) == 3
    for path in run_blocks.NOTEBOOKS:
        for cell in json.loads(path.read_text())["cells"]:
            assert not cell.get("outputs"), path
            assert cell.get("execution_count") is None, path
        code = run_blocks.cells(path)
        ast.parse(code.code)
        assert "steps=4" in code.brief and code.brief != code.code


def test_the_founding_documents_are_all_there():
    """The page names every experiment, and no table that is not there."""
    text = (DOCS / "founding_documents.md").read_text()
    tables = set(re.findall(r"--table=(\w+)", text))
    assert tables >= set(experiments.NAMES)
    assert tables <= {"NAME", grid.NAME, *experiments.NAMES, *TABLES}
    models = set(re.findall(r"`(\w+)`", text.replace("`run.", "`")))
    assert len(models & registry.MODELS.keys()) > 35

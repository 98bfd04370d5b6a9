"""Rules of CONTRIBUTING.md that no linter knows."""

import ast
import dataclasses
import pathlib
import re

import pytest

from tfgen.measures import MEASURES, Options

ROOT = pathlib.Path(__file__).parents[1]
TOPS = ("tfgen", "export", "serving", "apps")
TREES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text())
    for top in TOPS
    for path in sorted((ROOT / top).rglob("*.py"))
}
# Where it is a command that is written, or another program's flags.
COMMANDS = {
    "export/check/checker.py",
    "export/check/__main__.py",
    "export/web/litert.py",
    "export/write/model_card.py",
    "tfgen/data/tfds_source.py",
    "tfgen/tables/readme_pictures.py",
    "tfgen/tables/run_commands.py",
}
# `--help` and the documents show these.
SHOWN = ("tfgen/__init__.py", "tfgen/measures/")
OPTIONS = [field.name for field in dataclasses.fields(Options)]
FLAG = re.compile(r"(^|[^-\w])--[a-z]|\bapps\.[a-z]")


def docstrings(tree):
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            yield body[0].value


def spoken(name, tree):
    """Texts of a module that users of the library may read."""
    inner = set() if name.startswith(SHOWN) else {*docstrings(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node not in inner:
                yield node.value


@pytest.mark.parametrize(
    "text, found",
    [
        ("give --label", True),
        ("--label tells", True),
        ("train by python -m apps.train", True),
        ("label=NAME", False),
        ("a -- b, x--y", False),
    ],
)
def test_flags_are_found(text, found):
    assert bool(FLAG.search(text)) == found


def test_the_library_names_settings_and_no_flags():
    """The apps add dashes."""
    found = [
        f"{name}: {text:.70}"
        for name, tree in TREES.items()
        if name.startswith(("tfgen/", "export/")) and name not in COMMANDS
        for text in spoken(name, tree)
        if FLAG.search(text)
    ]
    assert not found, "\n".join(found)


def test_a_model_is_asked_what_it_can():
    """By `can` and `capability`, and not by its attributes' names."""
    asked = [
        f"{name}:{node.lineno}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("hasattr", "getattr")
        and re.fullmatch(r"(.*\.)?_?model", ast.unparse(node.args[0]))
    ]
    assert not asked


def test_files_of_models_are_short():
    long = [
        path.name
        for path in (ROOT / "tfgen/models").rglob("*.py")
        if len(path.read_text().splitlines()) > 300
    ]
    assert not long


def test_the_build_is_short():
    files = [ROOT / "BUILD", ROOT / "tests/test_build.py"]
    assert sum(len(f.read_text().splitlines()) for f in files) <= 150


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_names_the_options_that_it_reads(name):
    tree = TREES[f"tfgen/measures/{name}.py"]
    read = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in OPTIONS
        if ast.unparse(node.value) == "options"
    }
    named = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == "OPTIONS"
    ]
    # The folder of classifiers is the run's.
    told = {option for names in named for option in names} - {"cache_dir"}
    assert read == told


def test_the_files_that_documents_name_exist():
    """Whole paths, or their ends."""
    there = {
        f"/{path.relative_to(ROOT)}"
        for top in (*TOPS, "tests", "benchmarks", "docs", ".ci")
        for path in (ROOT / top).rglob("*.py")
    }
    missing = [
        f"{page.name}: {name}"
        for page in (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")))
        for name in re.findall(r"[\w./-]+\.py\b", page.read_text())
        if not any(path.endswith(f"/{name.lstrip('./')}") for path in there)
    ]
    assert not missing


def test_nothing_is_unpickled():
    """But what a process and its own children send each other."""
    found = {
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Import) and "pickle" in str(ast.dump(node)))
        or (isinstance(node, ast.keyword) and node.arg == "allow_pickle")
        and getattr(node.value, "value", None) is not False
    }
    assert found == {"tfgen/data/image_readers.py", "tfgen/processes.py"}

"""BUILD against the tree: each file in one target, imports as `deps`."""

import ast
import pathlib

ROOT = pathlib.Path(__file__).parents[1]
PACKAGES = ("tfgen", "export", "serving", "apps", "benchmarks", "tests")


def read_build():
    """Returns name -> rule's arguments, with the files that it globs."""
    targets = {}

    def glob(include, exclude=()):
        files = {path for pattern in include for path in ROOT.glob(pattern)}
        assert files or "templates" in include[0], f"glob({include}): nothing"
        files -= {path for pattern in exclude for path in ROOT.glob(pattern)}
        return [path.relative_to(ROOT).as_posix() for path in files]

    def rule(name, **arguments):
        assert name not in targets
        targets[name] = arguments

    # The language of BUILD files is a part of Python.
    exec(
        (ROOT / "BUILD").read_text(),
        {
            "load": lambda *_: None,
            "package": lambda **_: None,
            "glob": glob,
            "py_library": rule,
            "py_test": rule,
        },
    )
    return targets


def tops(file):
    """Returns the top folders that a file imports, but for its own."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module.split(".")[0])
    return (found & set(PACKAGES)) - {file.split("/")[0]}


def test_each_file_is_in_one_target():
    targets = read_build()
    listed = [f for target in targets.values() for f in target["srcs"]]
    listed = [f for f in listed if f != "tests/bazel_main.py"]
    files = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
    }
    assert sorted(listed) == sorted(files - {"tests/bazel_main.py"})


def test_dependencies_are_imports():
    targets = read_build()
    for name in PACKAGES[:-1]:
        imported = set().union(*map(tops, targets[name]["srcs"]))
        assert imported == set(targets[name]["deps"]), name


def test_files_that_tests_read_exist():
    for name, target in read_build().items():
        for file in target.get("data", ()):
            assert (ROOT / file).exists(), f"{name}: {file}"
        for file in target["srcs"]:
            assert (ROOT / file).exists(), f"{name}: {file}"

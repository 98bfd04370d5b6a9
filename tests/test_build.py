"""BUILD is written by hand; here it is held against the files there are.

Dependencies are imports, and imports go downwards (test_imports.py).
"""

import ast
import dataclasses
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[1]

# These ask the registry for models, which imports them by name.
LAZY = {"tfgen/experiment": {"tfgen/models"}}


@dataclasses.dataclass
class Target:
    srcs: set[str]
    deps: set[str]


def read_build(root):
    """Returns the libraries and the tests by name, and patterns in vain."""
    libraries, tests, vain = {}, {}, set()

    def rule(targets):
        def add(name, srcs, deps=(), **_):
            targets[name] = Target(
                set(srcs), {dep.removeprefix(":") for dep in deps}
            )

        return add

    def glob(include, exclude=()):
        def files(patterns):
            return {path for p in patterns for path in root.glob(p)}

        vain.update(p for p in include if not files([p]))
        found = files(include) - files(exclude)
        return [path.relative_to(root).as_posix() for path in found]

    scope = {
        "load": lambda *_: None,
        "package": lambda **_: None,
        "glob": glob,
        "py_library": rule(libraries),
        "py_test": rule(tests),
    }
    # The language of BUILD files is a part of Python.
    exec((root / "BUILD").read_text(), scope)
    return libraries, tests, vain


def python_files(root):
    """Yields all Python files in folders of the root, but for hidden ones."""
    for folder in root.iterdir():
        if folder.is_dir() and not folder.name.startswith((".", "bazel-")):
            for path in folder.rglob("*.py"):
                yield path.relative_to(root).as_posix()


def file_of(root, module):
    """Returns the project's file of a module; None if it has none."""
    path = module.replace(".", "/")
    for file in (f"{path}.py", f"{path}/__init__.py"):
        if (root / file).exists():
            return file
    return None


def imported_files(root, file, *, of_test):
    """Returns the project's own files that a file imports.

    Args:
      root: of the project.
      file: whose imports.
      of_test: also count each `conftest.py` that pytest imports for the file,
        and strings, as in `[sys.executable, "-m", "apps.run"]` or
        `with_name("other.py")`.
    """
    found = set()
    if of_test:
        folders = pathlib.PurePosixPath(file).parents
        found |= {file_of(root, f"{folder}/conftest") for folder in folders}
    for node in ast.walk(ast.parse((root / file).read_text())):
        if isinstance(node, ast.Import):
            found |= {file_of(root, alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}: relative import"
            whole = file_of(root, node.module)
            found |= {
                file_of(root, f"{node.module}.{alias.name}") or whole
                for alias in node.names
            }
        elif of_test and isinstance(node, ast.Constant):
            text = str(node.value)
            if re.fullmatch(r"\w+(\.\w+)+", text):
                folder = file.rpartition("/")[0]
                beside = f"{folder}/{text.removesuffix('.py')}"
                found |= {file_of(root, text), file_of(root, beside)}
    return found - {None}


def problems(root):
    """Returns what is wrong with BUILD, a line each."""
    libraries, tests, vain = read_build(root)
    files = set(python_files(root))
    # One kind at a time: the first would bring about the others.
    return (
        file_problems(files, libraries, tests, vain)
        or library_problems(root, libraries)
        or missing_deps(root, libraries, tests)
    )


def file_problems(files, libraries, tests, vain):
    """Files without a target, and targets without a file."""
    found = [f"{pattern}: there is no such file" for pattern in sorted(vain)]
    owner = owners(libraries)
    tested = owners(tests)
    for file in sorted(files):
        if file.rpartition("/")[2].startswith("test_"):
            if file not in tested:
                found.append(f"{file}: not in TESTS")
        elif file not in owner:
            found.append(f"{file}: in no library")
    for name, target in {**libraries, **tests}.items():
        for file in sorted(target.srcs - files):
            found.append(f"{name}: {file} does not exist")
        for dep in sorted(target.deps - set(libraries)):
            found.append(f"{name}: there is no library {dep}")
    for name, target in libraries.items():
        for file in sorted(target.srcs):
            if owner[file] != name:
                found.append(f"{file}: in both {name} and {owner[file]}")
    return found


def library_problems(root, libraries):
    """Dependencies of libraries that are not their imports."""
    found = []
    owner = owners(libraries)
    for name, target in libraries.items():
        if is_for_tests(name):
            continue
        needed = imports(root, owner, target, of_test=False)
        needed = (needed | LAZY.get(name, set())) - {name}
        if needed != target.deps:
            found.append(f"{name}: deps should be {sorted(needed)}")
    return found


def missing_deps(root, libraries, tests):
    """Tests whose imports are not among or below their dependencies."""

    def closure(deps):
        below = set(deps)
        while more := {d for n in below for d in libraries[n].deps} - below:
            below |= more
        return below

    found = []
    owner = owners(libraries)
    shared = {n: t for n, t in libraries.items() if is_for_tests(n)}
    for name, target in {**tests, **shared}.items():
        needed = imports(root, owner, target, of_test=True) - {name}
        if name in closure(target.deps):
            found.append(f"{name}: depends on itself")
        missing = needed - closure(target.deps)
        if missing:
            found.append(f"{name}: deps lack {sorted(missing)}")
    return found


def is_for_tests(name):
    return name.split("/")[0] == "tests"


def owners(targets):
    return {file: name for name, t in targets.items() for file in t.srcs}


def imports(root, owner, target, *, of_test):
    """Returns the libraries that a target's files import."""
    return {
        owner[imported]
        for file in target.srcs
        for imported in imported_files(root, file, of_test=of_test)
        if imported in owner
    }


def test_build_is_complete():
    found = problems(ROOT)
    assert not found, "\n".join(["BUILD:", *found])


TREE = {
    "BUILD": """
load("@rules_python//python:defs.bzl", "py_library", "py_test")
py_library(name = "apps", srcs = glob(["apps/*.py"]), deps = [":tfgen/data"])
py_library(
    name = "tfgen/data",
    srcs = ["tfgen/data/toys.py"],
    deps = [":tfgen"],
)
py_library(name = "tfgen", srcs = glob(["tfgen/*.py"]))
py_library(name = "tests", srcs = ["tests/conftest.py"])
py_library(name = "tests/a", srcs = ["tests/a.py"], deps = [":tests"])
TESTS = {"tests/**/test_*.py": [":tfgen/data"]}
[
    py_test(name = test[:-3], srcs = [test], deps = [":tests"] + deps)
    for files, deps in TESTS.items()
    for test in glob([files])
]
""",
    "apps/train.py": "def main():\n    from tfgen.data import toys",
    "tfgen/data/toys.py": "from tfgen.config import DataSpec",
    "tfgen/config.py": "import dataclasses",
    "tests/conftest.py": "",
    "tests/test_toys.py": "import tfgen.config, tfgen.data.toys",
    "tests/a.py": "",
    ".venv/other.py": "",
}


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    "files, expected",
    [
        ({}, []),
        (
            {"tfgen/test_new.py": ""},
            ["tfgen/test_new.py: not in TESTS"],
        ),
        (
            {"tfgen/new/new.py": ""},
            ["tfgen/new/new.py: in no library"],
        ),
        (
            {"BUILD": TREE["BUILD"].replace("tests/**", "tests/old")},
            [
                "tests/old/test_*.py: there is no such file",
                "tests/test_toys.py: not in TESTS",
            ],
        ),
        (
            {"BUILD": TREE["BUILD"].replace("toys.py", "old.py")},
            [
                "tfgen/data/toys.py: in no library",
                "tfgen/data: tfgen/data/old.py does not exist",
            ],
        ),
        (
            {"BUILD": TREE["BUILD"].replace("apps/", "programs/")},
            [
                "programs/*.py: there is no such file",
                "apps/train.py: in no library",
            ],
        ),
        (
            {"apps/train.py": "from tfgen import config"},
            ["apps: deps should be ['tfgen']"],
        ),
        (
            {"tfgen/config.py": "import tfgen.data.toys"},
            ["tfgen: deps should be ['tfgen/data']"],
        ),
        (
            {
                "BUILD": TREE["BUILD"].replace(
                    '.py": [":tfgen/data"]', '.py": []'
                )
            },
            ["tests/test_toys: deps lack ['tfgen', 'tfgen/data']"],
        ),
        (
            {"tests/test_toys.py": 'COMMAND = ["-m", "apps.train"]'},
            ["tests/test_toys: deps lack ['apps']"],
        ),
        (
            {"tests/test_toys.py": 'PATH = FILE.with_name("a.py")'},
            ["tests/test_toys: deps lack ['tests/a']"],
        ),
        (
            {
                "BUILD": TREE["BUILD"].replace(
                    '"tests", srcs', '"tests", deps = [":tests/a"], srcs'
                )
            },
            [
                "tests: depends on itself",
                "tests/a: depends on itself",
            ],
        ),
        (
            {"tests/conftest.py": "import tfgen.data.toys"},
            ["tests: deps lack ['tfgen/data']"],
        ),
        (
            {"BUILD": TREE["BUILD"].replace('[":tests"] + deps', "deps")},
            ["tests/test_toys: deps lack ['tests']"],
        ),
    ],
)
def test_each_mistake(tmp_path, files, expected):
    write(tmp_path, TREE | files)
    assert problems(tmp_path) == expected

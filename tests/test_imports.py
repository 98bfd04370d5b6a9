"""Imports go downwards only; `--help` does not wait for TensorFlow."""

import ast
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]

# A package may import those of the lines above its own. The longest prefix of
# a module's name says which package it is in.
LAYERS = [
    line.split()
    for line in """
tfgen.errors tfgen.version
tfgen.bounds
tfgen.beam tfgen.config tfgen.files tfgen.registry tfgen.processes
tfgen.tensors tfgen.replicas
tfgen.nn tfgen.losses tfgen.evaluate tfgen.viz
tfgen.bijectors tfgen.model
tfgen.nli.text tfgen.projection
tfgen.capabilities tfgen.data tfgen.train
tfgen.nli tfgen.measures tfgen.example_inputs
tfgen.pictures tfgen.saved_config tfgen.choice
tfgen.run
tfgen.nli.pair_classifier tfgen.tables tfgen.scoring
tfgen.experiments
export.calls export.fresh_process export.report export.signature_defs
export.tolerances export.versions
export.operators
export.write export.check
export.web
export
tfgen.library
tfgen
serving.errors
serving.signatures
serving.folder
serving
apps
""".strip().splitlines()
]
RANKS = {name: rank for rank, line in enumerate(LAYERS) for name in line}
# The registry imports models by name; they see no source of data and no loop.
RANKS["tfgen.models"] = RANKS["tfgen.nli.text"] + 0.5
SETTINGS = ("tfgen.data.settings", "tfgen.nli.settings")


def package_of(module):
    """The longest name in the table that holds `module`."""
    parts = module.split(".")
    names = [".".join(parts[:n]) for n in range(len(parts), 0, -1)]
    return next((name for name in names if name in RANKS), None)


def imports(source):
    """Yields what a file imports when it runs, wherever it does so."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == (
            "TYPE_CHECKING"
        ):
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            # `from tfgen import registry` is of tfgen.registry.
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                path = ROOT / name.replace(".", "/")
                is_module = path.is_dir() or path.with_suffix(".py").exists()
                yield name if is_module else node.module


def violations(module, source):
    """Returns the imports that go sideways or up."""
    package = package_of(module)
    found = []
    for name in imports(source):
        other = package_of(name)
        if other is None or other == package:
            continue
        downwards = RANKS[other] < RANKS[package]
        if other == "tfgen.models":
            downwards = False
        if package == "tfgen.models" and name.startswith(SETTINGS):
            downwards = True
        if not downwards:
            found.append(f"{module} imports {name}")
    return found


def modules():
    for top in ("tfgen", "export", "serving", "apps"):
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts).removesuffix(".__init__"), path


def test_imports_go_downwards():
    found = [v for m, p in modules() for v in violations(m, p.read_text())]
    assert not found, "\n".join(found)


def test_every_package_has_its_place():
    """No module is without an entry, and no entry without a module."""
    packages = {module: package_of(module) for module, _ in modules()}
    assert set(packages.values()) == set(RANKS)
    assert [m for m, p in packages.items() if p == "tfgen"] == ["tfgen"]


@pytest.mark.parametrize(
    "module, source",
    [
        ("tfgen.nn.mlp", "import tfgen.bijectors"),
        ("tfgen.models.flows.maf", "from tfgen.data import catalog"),
        ("tfgen.models.flows.maf", "from tfgen import run"),
        ("tfgen.train.step", "from tfgen.models.flows import real_nvp"),
        ("tfgen.registry", "def f():\n  import tfgen.models.flows.maf"),
        ("tfgen.evaluate.frechet", "from tfgen.train.step import train_step"),
        ("tfgen.run", "import apps.train"),
        ("export.check", "import apps.flags"),
        ("export.export", "import serving.server"),
        ("export.check.judge", "import serving.folder.publish"),
        ("export.write.tflite", "import export.check.judge"),
        ("serving.folder.publish", "import serving.server"),
    ],
)
def test_upward_imports_are_found(module, source):
    assert len(violations(module, source)) == 1


@pytest.mark.parametrize(
    "module",
    [
        "tfgen.config",
        "tfgen.registry",
        "tfgen.data.catalog",
        "tfgen.tables.grid",
        "tfgen.processes",
        "tfgen.tables.papers",
        "tfgen.experiments",
        *(f"apps.{path.stem}" for path in sorted((ROOT / "apps").glob("*.py"))),
    ],
)
def test_help_does_not_wait_for_tensorflow(module):
    heavy = {
        "tensorflow",
        "keras",
        "tensorflow_probability",
        "tfgen.run",
    }
    code = f"import sys, {module}; print(*({heavy} & set(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == ""

"""Imports go downwards only; `--help` does not wait for TensorFlow."""

import ast
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]

# What the files of a package may import of this project, besides itself. The
# longest prefix of a module's name says which package it is in.
BOTTOM = {"tfgen.errors", "tfgen.config", "tfgen.files"}
MATHS = BOTTOM | {"tfgen.nn", "tfgen.losses"}
SETTINGS = {"tfgen.data.settings", "tfgen.nli.settings"}
MODELS = MATHS | SETTINGS | {"tfgen.bijectors", "tfgen.nli.text"}
# What an export is made of: artefacts, their calls and their reports.
CALLS = {
    "export.calls",
    "export.fresh_process",
    "export.report",
    "export.signature_defs",
    "export.tolerances",
    "export.versions",
}
ALLOWED = {
    "tfgen": set(),
    "tfgen.errors": set(),
    "tfgen.config": {"tfgen.errors"},
    "tfgen.files": {"tfgen.errors"},
    # Models are imported by name, when they are asked for.
    "tfgen.registry": {"tfgen.errors"},
    "tfgen.data": BOTTOM | {"tfgen.registry"},
    "tfgen.nli": BOTTOM | {"tfgen.data", "tfgen.evaluate", "tfgen.registry"},
    "tfgen.nli.text": BOTTOM,
    "tfgen.nli.attention": {"tfgen.files"},
    "tfgen.nn": BOTTOM,
    "tfgen.losses": BOTTOM,
    "tfgen.bijectors": MATHS,
    "tfgen.models": MODELS,
    # The contract, but no model, and no data.
    "tfgen.train": BOTTOM | {"tfgen.models.contract"},
    "tfgen.evaluate": BOTTOM | {"tfgen.models.contract", "tfgen.files"},
    "tfgen.viz": BOTTOM | {"tfgen.files"},
    "tfgen.run": BOTTOM
    | {
        "tfgen.data",
        "tfgen.evaluate",
        "tfgen.feature_quality",
        "tfgen.pictures",
        "tfgen.registry",
        "tfgen.sample_quality",
        "tfgen.saved_config",
        "tfgen.train",
        "tfgen.transfer",
    },
    "tfgen.nli.pair_classifier": BOTTOM
    | {
        "tfgen.run",
        "tfgen.nli",
        "tfgen.registry",
        "tfgen.train",
    },
    "tfgen.saved_config": BOTTOM | {"tfgen.registry", "tfgen.train"},
    "tfgen.feature_quality": BOTTOM | {"tfgen.data", "tfgen.evaluate"},
    "tfgen.pictures": BOTTOM
    | {
        "tfgen.data",
        "tfgen.evaluate",
        "tfgen.feature_quality",
        "tfgen.viz",
    },
    "tfgen.transfer": BOTTOM
    | {"tfgen.data", "tfgen.feature_quality", "tfgen.nn"},
    "tfgen.sample_quality": BOTTOM
    | {"tfgen.data", "tfgen.evaluate", "tfgen.files"},
    "tfgen.grid": {"tfgen.errors"},
    "tfgen.grid_report": {
        "tfgen.files",
        "tfgen.evaluate",
        "tfgen.grid",
        "tfgen.train",
        "tfgen.viz",
    },
    "tfgen.grid_search": BOTTOM
    | {
        "tfgen.evaluate",
        "tfgen.run",
        "tfgen.grid",
        "tfgen.grid_report",
        "tfgen.processes",
        "tfgen.sample_quality",
        "tfgen.saved_config",
        "tfgen.train",
    },
    "tfgen.processes": set(),
    "tfgen.tables": set(),
    "tfgen.reproduce": BOTTOM
    | {
        "tfgen.evaluate",
        "tfgen.run",
        "tfgen.processes",
        "tfgen.sample_quality",
        "tfgen.tables",
        "tfgen.train",
    },
    "export": BOTTOM
    | {
        "tfgen.data",
        "tfgen.run",
        "tfgen.models.contract",
        "tfgen.nn",
        "tfgen.registry",
        "tfgen.train",
    },
    # What is written is checked by others: neither knows the other.
    "export.check": BOTTOM | CALLS | {"tfgen.models.contract", "tfgen.run"},
    "export.write": BOTTOM | CALLS | {"tfgen.models.contract", "tfgen.run"},
    "serving": BOTTOM | CALLS,
    # No server and no client.
    "serving.folder": BOTTOM | CALLS | {"serving.signatures"},
    "apps": {"export", "serving", "tfgen"},
}

TOPS = ("tfgen", "export", "serving", "apps")


def package_of(module):
    """The longest name in the table that holds `module`."""
    parts = module.split(".")
    names = [".".join(parts[:n]) for n in range(len(parts), 0, -1)]
    return next((name for name in names if name in ALLOWED), None)


def imports(source):
    """Yields what a file imports, wherever it does so."""
    for node in ast.walk(ast.parse(source)):
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
        within = name == package or name.startswith(package + ".")
        allowed = any(
            name == other or name.startswith(other + ".")
            for other in ALLOWED[package]
        )
        if name.split(".")[0] in TOPS:
            if not (allowed or (within and package != "tfgen")):
                found.append(f"{module} imports {name}")
    return found


def modules():
    for top in TOPS:
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts).removesuffix(".__init__"), path


def test_imports_go_downwards():
    found = [v for m, p in modules() for v in violations(m, p.read_text())]
    assert not found, "\n".join(found)


def test_every_package_has_its_place():
    """No module is without an entry, and no entry without a module."""
    packages = {module: package_of(module) for module, _ in modules()}
    assert set(packages.values()) == set(ALLOWED)
    assert [m for m, p in packages.items() if p == "tfgen"] == ["tfgen"]


@pytest.mark.parametrize(
    "module, source",
    [
        ("tfgen.nn.mlp", "import tfgen.bijectors"),
        ("tfgen.models.flows.maf", "from tfgen.data import catalog"),
        ("tfgen.models.flows.maf", "from tfgen import registry"),
        ("tfgen.train.step", "from tfgen.models.flows import real_nvp"),
        ("tfgen.registry", "def f():\n  import tfgen.models.flows.maf"),
        ("tfgen.evaluate.metrics", "from tfgen.train.step import train_step"),
        ("tfgen.run", "import apps.train"),
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
        "tfgen.grid",
        "tfgen.processes",
        "tfgen.tables",
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

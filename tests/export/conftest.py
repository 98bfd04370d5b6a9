"""Exported models, which all tests of this folder share.

They are exported without other processes; test_export_run.py has those.
"""

import dataclasses
import fcntl
import json
import os
import pathlib

import keras
import numpy as np
import pytest

from export.export import export_model
from export.report import Report
from export.tolerances import DEFAULT
from tests.export.in_process import in_process
from tfgen.config import DataSpec
from tfgen.models.classifiers import inner_attention
from tfgen.models.flows.real_nvp import Config, RealNVP
from tfgen.nn import randomize


@dataclasses.dataclass
class Exported:
    model: keras.Model
    directory: pathlib.Path
    rows: dict

    def path(self, part):
        return self.directory / part / "flow" / "1"

    @property
    def saved_model(self):
        return self.path("saved_model")

    @property
    def examples(self):
        return self.path("checks") / "examples.npz"

    def tflite(self, quantization):
        return self.path("tflite") / f"{quantization}.tflite"


def make_flow(config, spec, noise):
    """A flow far from its first weights, which make s = t = 0."""
    keras.utils.set_random_seed(1)
    model = RealNVP(config, spec)
    random = np.random.default_rng(2)
    for v in model.variables:
        step = noise * random.standard_normal(v.shape)
        if v.path.endswith("variance"):
            v.assign(v * (1 + abs(step)))
        else:
            v.assign_add(step)
    return model


def exported(model, name, tmp_path_factory, *quantizations):
    """Exports, once for all processes of a test run."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # theirs together, and of this run alone
    directory = root / name / "export"
    with open(root / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            with in_process():
                export_model(model, directory, "flow", quantizations)
    found = Exported(model, directory, {})
    table = json.loads((found.path("checks") / "table.json").read_text())
    found.rows |= {row["artefact"]: Report(**row) for row in table}
    return found


@pytest.fixture(scope="session")
def digits(tmp_path_factory):
    """The digits' network."""
    config = Config(scales=2, features=48, blocks=0)
    model = make_flow(config, DataSpec((8, 8, 1), 17, 10), noise=0.08)
    model.dequantized = True
    return exported(model, "digits", tmp_path_factory, "float32")


@pytest.fixture(scope="session")
def toy(tmp_path_factory):
    """Vectors of an odd size, with a condition."""
    config = Config(conditional=True, couplings=4, hidden=(64, 64))
    model = make_flow(config, DataSpec((3,), 0, 5), noise=0.15)
    return exported(model, "toy", tmp_path_factory, *DEFAULT)


@pytest.fixture(scope="session")
def pairs(tmp_path_factory):
    """A classifier of sentence pairs; "1\xa01/2" is one word."""
    others = " ".join(f"word{i}" for i in range(2000))
    spec = DataSpec(
        num_classes=3,
        labels=("entailment", "neutral", "contradiction"),
        words=f"a man sleeps . is n't the dog 's 🐕 été 1\xa01/2 {others}",
        max_length=20,
    )
    config = inner_attention.Config(
        embedding=64, train_embeddings=True, units=5, projection=4
    )
    keras.utils.set_random_seed(1)
    model = inner_attention.InnerAttention(config, spec)
    randomize(model.variables, 0.2, seed=0)
    kinds = ("float32", "dynamic_range", "int8")
    return exported(model, "pairs", tmp_path_factory, *kinds)

"""Every model's signatures against the tables of docs/signatures.md."""

import functools
import pathlib
import re

import numpy as np
import pytest
import tensorflow as tf

from export.write.png_signatures import with_pictures
from tests.conformance.zoo import every, shared
from tfgen import capabilities, registry
from tfgen.tensors import TENSORS, table

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "signatures.md"
# In this order.
DEFAULTS = ["classify", "log_prob", "energy", "encode", "decode"]


def names(cell):
    return set(re.findall(r"`(\w+)`", cell))


@functools.cache
def rows(title):
    """The cells of the table below a title."""
    section = PAGE.read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in lines]
    return cells[2:]


def kinds(name):
    """The ranks and types that a tensor may have."""
    tensor = TENSORS[name]
    shapes = re.findall(r"\[.*?\]", tensor.shape)
    return {(1 + shape.count(","), tensor.dtype) for shape in shapes}


def signatures(name):
    model = shared(name)
    return with_pictures(capabilities.signatures(model), model.spec)


def row_of(key, inputs):
    """The outputs that are always there, those that may be, and where."""
    for (name,), row_inputs, outputs, where in [
        (names(r[0]), names(r[1]), r[2], r[3]) for r in rows("Signatures")
    ]:
        if name == key and row_inputs == inputs - {"label"}:
            optional = names(" ".join(re.findall(r"\[`\w+`\]", outputs)))
            return names(outputs) - optional, optional, where
    pytest.fail(f"docs/signatures.md has no row {key}({sorted(inputs)})")


@every
def test_signatures_are_those_of_the_table(name):
    model = shared(name)
    examples = capabilities.example_inputs(model, 2, seed=3)
    for key, signature in signatures(name).items():
        inputs = {
            spec.name: tf.constant(examples[spec.name])
            for spec in signature.inputs
        }
        always, optional, where = row_of(key, set(inputs))
        outputs = signature.function(*inputs.values())
        assert always <= set(outputs) <= always | optional, key
        if where == "servers":
            assert not signature.on_device, key
        for tensor, value in {**inputs, **outputs}.items():
            assert value.shape[0] == 2, (key, tensor)
            found = (value.shape.rank, value.dtype.name)
            assert found in kinds(tensor), (key, tensor)
        for tensor in ("x", "x_again"):
            if tensor in outputs:
                assert outputs[tensor].shape[1:] == model.spec.shape
    found = list(capabilities.signatures(model))
    assert found[0] == next(n for n in DEFAULTS if n in found)


@every
def test_a_seed_gives_its_row_in_any_batch(name):
    signature = capabilities.signatures(shared(name)).get("sample")
    if signature is None:
        assert not shared(name).can("sample")
        return
    values = {
        "seed": [3, 14, 3],
        "temperature": [1.0, 1.0, 1.0],
        "label": [1, 1, 1],
    }
    inputs = [tf.constant(values[s.name], s.dtype) for s in signature.inputs]
    x = signature.function(*inputs)["x"].numpy()
    alone = signature.function(*[i[1:2] for i in inputs])["x"].numpy()
    np.testing.assert_allclose(x[0], x[2], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(alone[0], x[1], rtol=1e-4, atol=1e-4)
    assert np.max(np.abs(x[0] - x[1])) > 1e-3


def test_the_table_has_no_stale_rows():
    used = {
        (key, frozenset(s.name for s in signature.inputs) - {"label"})
        for name in registry.MODELS
        for key, signature in signatures(name).items()
    }
    # Of images whose classes have names, see tests/test_model.py.
    used.add(("classify_named", frozenset({"x"})))
    listed = {
        (*names(row[0]), frozenset(names(row[1]))) for row in rows("Signatures")
    }
    assert listed == used
    in_rows = [names(cell) for row in rows("Signatures") for cell in row[1:3]]
    assert set(TENSORS) == {"label", "attributes"}.union(*in_rows)


def test_the_page_has_the_table_of_tensors():
    assert f"\n{table()}\n" in PAGE.read_text()

"""Every model's signatures against the tables of docs/signatures.md."""

import functools
import math
import pathlib
import re

import numpy as np
import pytest
import tensorflow as tf

from export.write.png_signatures import with_pictures, with_png_rows
from tests import tolerances
from tests.conformance.zoo import every, shared
from tfgen import capabilities, registry
from tfgen.config import Field
from tfgen.example_inputs import example_inputs
from tfgen.tensors import TENSORS, named, table

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "signatures.md"
# In this order.
DEFAULTS = [
    "classify",
    "translate",
    "log_prob",
    "energy",
    "encode",
    "reconstruct",
    "decode",
]

GIVEN = {"label", "attributes"}  # of conditional models


def names(cell):
    return set(re.findall(r"`(\w+)`", cell))


@functools.cache
def rows(title):
    """The cells of the table below a title."""
    section = PAGE.read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in lines]
    return cells[2:]


def signatures(name):
    model = shared(name)
    return with_pictures(capabilities.signatures(model), model.spec)


def examples_of(name):
    model = shared(name)
    rows_of = functools.partial(example_inputs, model)
    return with_png_rows(rows_of, model.spec)(3, 1)


@functools.cache
def answers(name):
    """Signature -> its inputs and outputs, three rows each, by name."""
    examples, found = examples_of(name), {}
    for key, signature in signatures(name).items():
        specs = signature.inputs
        inputs = {spec.name: tf.constant(examples[spec.name]) for spec in specs}
        found[key] = inputs, signature.function(*inputs.values())
    return found


@every
def test_example_inputs_fit_the_signatures(name):
    model = shared(name)
    again = examples_of(name)
    for key, signature in signatures(name).items():
        inputs, _ = answers(name)[key]
        for spec in signature.inputs:
            value = inputs[spec.name]
            np.testing.assert_array_equal(value, again[spec.name])
            assert spec.shape[0] is None, spec.name
            assert spec.is_compatible_with(value), spec.name
            assert len(value) == 3, spec.name
    if model.spec.levels and "x" in again:
        assert np.all(again["x"] >= 0)
        assert np.all(again["x"] <= model.spec.levels)


# What each answers.


def first(tensors):
    """Of several latents, the first stands for all."""
    return {re.sub(r"_\d+$", "_1", name) for name in tensors}


def where(key, inputs, outputs):
    """What the table says of a signature's place."""
    for (name,), row_inputs, row_outputs, place in [
        (names(r[0]), names(r[1]), r[2], r[3]) for r in rows("Signatures")
    ]:
        if name == key and row_inputs == first(inputs) - GIVEN:
            optional = names(" ".join(re.findall(r"\[`\w+`\]", row_outputs)))
            listed = names(row_outputs)
            if listed - optional <= first(outputs) <= listed:
                return place
    pytest.fail(
        f"docs/signatures.md has no row {key}({sorted(inputs)}) ->"
        f" {sorted(outputs)}"
    )


def kinds(name):
    """The ranks and types that a tensor may have."""
    tensor = named(name)
    shapes = re.findall(r"\[.*?\]", tensor.shape)
    return {(1 + shape.count(","), tensor.dtype) for shape in shapes}


@every
def test_signatures_are_those_of_the_table(name):
    model, found = shared(name), answers(name)
    shapes = {
        "x": model.spec.shape,
        "x_again": model.spec.shape,
        "probabilities": (model.spec.num_classes,),
        **{key: latent.shape for key, latent in model.latents.items()},
        **{field.name: field.shape for field in model.spec.fields},
    }
    for key, (inputs, outputs) in found.items():
        if where(key, inputs, outputs) == "servers":
            assert not signatures(name)[key].on_device, key
        both = {**inputs, **outputs}
        # Attention has a weight for each word.
        for tensor in both:
            sentence, _, kind = tensor.partition("_")
            if kind in ("tokens", "ids"):
                shapes[f"{sentence}_attention"] = both[tensor].shape[1:]
        for tensor, value in both.items():
            kind = (value.shape.rank, value.dtype.name)
            assert kind in kinds(tensor), (key, tensor)
            known = {} if key.endswith(capabilities.ANY_SIZE) else shapes
            shape = known.get(tensor, value.shape[1:])
            assert value.shape == (3, *shape), (key, tensor)
    found = list(capabilities.signatures(model))
    assert found[0] == next(n for n in DEFAULTS if n in found)


def assert_rows(actual, expected, name):
    """The same rows, but for the padding of sentences."""
    inside = tuple(map(slice, actual.shape))
    if np.issubdtype(expected.dtype, np.floating):
        assert np.all(np.isfinite(expected)), name
        np.testing.assert_allclose(
            actual, expected[inside], **tolerances.FLOAT32, err_msg=name
        )
    else:
        np.testing.assert_array_equal(actual, expected[inside], err_msg=name)
    padding = expected.copy()
    padding[inside] = b"" if expected.dtype == object else 0
    assert not np.any(padding), name


@every
def test_rows_do_not_depend_on_one_another(name):
    """Of exports, tests/export asks it of graphs, too."""
    for key, (inputs, outputs) in answers(name).items():
        first = [value[:2] for value in inputs.values()]
        part = signatures(name)[key].function(*first)
        assert list(part) == list(outputs)
        for output, value in outputs.items():
            actual, expected = part[output].numpy(), value[:2].numpy()
            assert_rows(actual, expected, (key, output))


@every
def test_a_seed_gives_its_row_in_any_batch(name):
    signature = capabilities.signatures(shared(name)).get("sample")
    if signature is None:
        assert not shared(name).can("sample")
        return
    fields = {field.name: field for field in shared(name).spec.fields}
    attributes = fields.get("attributes", Field("attributes"))
    values = {
        "seed": [3, 14, 3],
        "temperature": [1.0, 1.0, 1.0],
        "label": [1, 1, 1],
        "attributes": np.ones((3, math.prod(attributes.shape))),
    }
    inputs = [tf.constant(values[s.name], s.dtype) for s in signature.inputs]
    x = signature.function(*inputs)["x"].numpy()
    alone = signature.function(*[i[1:2] for i in inputs])["x"].numpy()
    np.testing.assert_allclose(x[0], x[2], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(alone[0], x[1], rtol=1e-4, atol=1e-4)
    assert np.max(np.abs(x[0] - x[1])) > 1e-3


def test_the_table_has_no_stale_rows():
    used = {
        (key, frozenset(first(s.name for s in signature.inputs)) - GIVEN)
        for name in registry.MODELS
        for key, signature in signatures(name).items()
    }
    # Of images whose classes have names, see tests/test_model.py.
    used.add(("classify_named", frozenset({"x"})))
    # Of `apps.export --complete`, see tests/test_capabilities.py.
    used.add(("project", frozenset({"x", "seed", "temperature"})))
    listed = {
        (*names(row[0]), frozenset(names(row[1]))) for row in rows("Signatures")
    }
    assert listed == used
    in_rows = [names(cell) for row in rows("Signatures") for cell in row[1:3]]
    assert set(TENSORS) == {"label", "attributes", "condition"}.union(*in_rows)


def test_the_page_has_the_table_of_tensors():
    assert f"\n{table()}\n" in PAGE.read_text()

import re

import pytest
import tensorflow as tf
from tensorflow.python.framework import kernels

from export import operators
from serving.servable import Servable
from tests.serving import toy


def save(folder, function):
    module = tf.Module()
    module.v = tf.Variable(1.0)
    module.f = tf.function(
        lambda x: {"y": function(x)},
        input_signature=[tf.TensorSpec([None], tf.string, "x")],
    )
    tf.saved_model.save(module, str(folder), {"serving_default": module.f})


def read(x):
    return tf.map_fn(tf.io.read_file, x)


def write(x):
    tf.io.write_file("/tmp/x", x[0])
    return x


def in_a_branch(x):
    return tf.cond(tf.size(x) > 9, lambda: read(x), lambda: x)


def python(x):
    return tf.numpy_function(lambda x: x, [x], tf.string)


def printed(x):
    tf.print(x, output_stream="file:///tmp/x")
    return x


def test_operators_that_compute_are_not_named():
    """Of all that TensorFlow has: what is named is not what graphs are of."""
    known = {k.op for k in kernels.get_all_registered_kernels().kernel}
    named = {
        op
        for op in known
        for names in operators._MAY.values()
        if re.search(names, op)
    }
    harmless = {op for op in known if op.startswith(("TensorArray", "Mat"))}
    harmless -= {op for op in known if op.startswith("MatchingFiles")}
    assert not named & (harmless | {"ReadVariableOp", "RngReadAndSkip"})
    words = re.compile("Dump|File|^Write|^Save|Reader$|PyFunc|DataService")
    assert {op for op in known if words.search(op)} <= named


@pytest.mark.parametrize(
    "op, expected",
    [
        ("DataServiceDatasetV4", "talk to other machines"),
        ("_Send", "talk to other machines"),
        ("RemoteCall", "talk to other machines"),
        ("DumpTensor", "read and write files"),
    ],
)
def test_operators_are_named(tmp_path, monkeypatch, op, expected):
    toy.save(tmp_path, 2.0)
    graph = operators.read_meta_graph(tmp_path)
    graph.graph_def.node.add(name="odd", op=op)
    monkeypatch.setattr(operators, "read_meta_graph", lambda _: graph)
    assert f"may {expected} ({op})" in operators.warning(tmp_path)


@pytest.mark.parametrize(
    "function, expected",
    [
        (read, "read and write files (ReadFile)"),
        (write, "read and write files (WriteFile)"),
        (in_a_branch, "read and write files (ReadFile)"),
        (printed, "read and write files (PrintV2)"),
        (python, "call Python (PyFunc)"),
    ],
)
def test_what_a_graph_may_do_is_named(tmp_path, function, expected):
    save(tmp_path, function)
    line = operators.warning(tmp_path)
    assert line.startswith(f"{tmp_path}: this model may {expected}")
    assert "\n" not in line


def test_a_model_that_computes_is_not_warned_of(tmp_path):
    """Nor is TensorFlow's own saver, which reads and writes files."""
    toy.save(tmp_path, 2.0)
    assert not operators.warning(tmp_path)


def test_it_is_said_before_a_model_is_opened(tmp_path, caplog, monkeypatch):
    save(tmp_path, read)
    monkeypatch.setattr(tf.saved_model, "load", lambda _: 1 / 0)
    with pytest.raises(ValueError, match="can load"):
        Servable(tmp_path, "foreign", 1)
    assert "this model may read and write files (ReadFile)" in caplog.text


def test_a_saver_that_does_more(tmp_path):
    """What a server calls to restore variables may hold anything."""
    save(tmp_path, lambda x: x)
    graph = operators.read_meta_graph(tmp_path)
    for function in graph.graph_def.library.function:
        if "traced_restore" in function.signature.name:
            function.node_def.add(name="odd", op="WriteFile")
    assert operators._operators(graph) >= {"WriteFile"}

import pytest
import tensorflow as tf

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


@pytest.mark.parametrize("op", ["DataServiceDatasetV4", "_Send", "RemoteCall"])
def test_other_machines(tmp_path, monkeypatch, op):
    toy.save(tmp_path, 2.0)
    graph = operators.read_meta_graph(tmp_path)
    graph.graph_def.node.add(name="odd", op=op)
    monkeypatch.setattr(operators, "read_meta_graph", lambda _: graph)
    assert f"may talk to other machines ({op})" in operators.warning(tmp_path)


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

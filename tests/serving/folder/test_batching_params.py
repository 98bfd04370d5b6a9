import pytest
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2

from serving.folder.batching_params import FILE, TEXT, write_batching_params

ROW = [-1, 8, 8, 1]


def written(folder, *shapes):
    """The file of a SavedModel whose outputs have these shapes."""
    model = saved_model_pb2.SavedModel(saved_model_schema_version=1)
    signatures = model.meta_graphs.add().signature_def
    # TensorFlow's own, which nobody asks for.
    signatures["__saved_model_init_op"].outputs["op"].name = "NoOp"
    for i, shape in enumerate(shapes):
        signature = signatures[f"signature_{i}"]
        signature.method_name = "tensorflow/serving/predict"
        for tensors, sizes in (
            (signature.inputs, ROW),
            (signature.outputs, shape),
        ):
            tensors["tensor"].dtype = types_pb2.DT_FLOAT
            proto = tensors["tensor"].tensor_shape
            if sizes is None:
                proto.unknown_rank = True
            for size in sizes or ():
                proto.dim.add(size=size)
    (folder / "saved_model.pb").write_bytes(model.SerializeToString())
    write_batching_params(folder)
    file = folder / FILE
    return file.read_text() if file.exists() else None


def test_models_of_fixed_sizes_are_batched(tmp_path):
    assert written(tmp_path, ROW, [-1]) == TEXT


@pytest.mark.parametrize(
    "shape", [[-1, -1], [8, -1], [8, 8], [], None], ids=str
)
def test_one_signature_of_other_sizes_is_enough(tmp_path, shape):
    """As a sentence's words are: its neighbours in a batch have others."""
    assert written(tmp_path, ROW, shape) is None

import math
import os
import pathlib
import shutil
import subprocess

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from export.write.saved_model import write_saved_model
from tests.conformance.zoo import shared
from tfgen import capabilities
from tfgen.example_inputs import example_inputs

pytestmark = pytest.mark.slow

TENSORFLOW = pathlib.Path(tf.__file__).parent


@pytest.fixture(scope="module")
def served(digits):
    """The signatures as a stranger finds them in the files."""
    loaded = tf.saved_model.load(str(digits.saved_model))
    # The functions read the variables of the object.
    served = dict(loaded.signatures)
    yield served
    del loaded


def signature_defs(folder):
    proto = saved_model_pb2.SavedModel()
    proto.ParseFromString((folder / "saved_model.pb").read_bytes())
    return proto.meta_graphs[0].signature_def


def dims(info):
    return [d.size for d in info.tensor_shape.dim]


def test_signatures(digits):
    found = {
        name: (
            {n: dims(info) for n, info in signature.inputs.items()},
            {n: dims(info) for n, info in signature.outputs.items()},
        )
        for name, signature in signature_defs(digits.saved_model).items()
        if not name.startswith("__")
    }
    image, vector, scalar = [-1, 8, 8, 1], [-1, 64], [-1]
    log_prob = ({"x": image}, {"log_prob": scalar})
    assert found == {
        "serving_default": log_prob,
        "log_prob": log_prob,
        "log_prob_with_noise": (
            {"x": image, "noise": image},
            {"log_prob": scalar},
        ),
        "encode": ({"x": image}, {"z": vector}),
        "decode": ({"z": vector}, {"x": image}),
        "sample": ({"seed": scalar, "temperature": scalar}, {"x": image}),
        "log_prob_png": ({"png_bytes": scalar}, {"log_prob": scalar}),
        "encode_png": ({"png_bytes": scalar}, {"z": vector}),
        "decode_png": ({"z": vector}, {"png_bytes": scalar}),
        "sample_png": (
            {"seed": scalar, "temperature": scalar},
            {"png_bytes": scalar},
        ),
    }


def test_a_conditional_model_takes_labels(toy):
    """Each label is another density, by the change of variables.

    log_prob(x) = log N(encode(x); 0, I) + log |det d encode/dx|.
    """
    loaded = tf.saved_model.load(str(toy.saved_model))
    x = tf.constant([[0.5, -1, 2]] * 5)
    label = tf.range(5)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        z = loaded.signatures["encode"](x=x, label=label)["z"]
    jacobian = tape.batch_jacobian(z, x, experimental_use_pfor=False)
    _, log_det = np.linalg.slogdet(np.float64(jacobian))
    normal = -0.5 * (np.sum(z**2, axis=1) + 3 * math.log(2 * math.pi))
    values = loaded.signatures["log_prob"](x=x, label=label)["log_prob"]
    np.testing.assert_allclose(values, normal + log_det, rtol=1e-5)
    expected = toy.model.log_prob(x, label=label)
    np.testing.assert_allclose(values, expected, rtol=1e-5)
    assert len(set(values.numpy().tolist())) == 5


@pytest.mark.parametrize("label", [-1, 5])
def test_a_label_of_no_class_is_an_error(toy, label):
    """In the SavedModel, which servers of all kinds load."""
    loaded = tf.saved_model.load(str(toy.saved_model))
    seeds = {"seed": tf.range(2), "temperature": tf.ones(2)}
    labels = tf.constant([0, label])
    with pytest.raises(
        tf.errors.InvalidArgumentError,
        match=rf"label: expected 0 to 4, got.*\[0 {label}\]",
    ):
        loaded.signatures["sample"](**seeds, label=labels)


def test_decode_inverts_encode(digits, served):
    x = example_inputs(digits.model, 4, 8)["x"]
    z = served["encode"](x=tf.constant(x))["z"]
    np.testing.assert_allclose(served["decode"](z=z)["x"], x, atol=1e-4)


def test_a_seed_gives_its_row_in_any_batch(served):
    def sample(seeds, temperature=1.0):
        seed = tf.constant(seeds, tf.int32)
        return served["sample"](
            seed=seed, temperature=tf.fill(seed.shape, temperature)
        )["x"].numpy()

    rows = sample([3, 14, 3, 15])
    # Batches may round differently, in the last bits only.
    np.testing.assert_allclose(rows[0], rows[2], atol=1e-5)
    np.testing.assert_allclose(sample([14])[0], rows[1], atol=1e-5)
    assert np.max(np.abs(rows[0] - rows[1])) > 1
    # Without noise every seed gives the decoded origin.
    origin = served["decode"](z=tf.zeros([1, 64]))["x"]
    np.testing.assert_allclose(sample([3, 14], 0.0), [origin[0]] * 2, atol=1e-5)


@pytest.mark.skipif(not shutil.which("gcc"), reason="needs a C compiler")
def test_a_c_program_gives_the_numbers_of_keras(tmp_path):
    model = shared("gan")
    decode = {"decode": capabilities.signatures(model)["decode"]}
    folder = tmp_path / "saved_model"
    write_saved_model(decode, model.spec, folder)
    program = tmp_path / "run_saved_model"
    subprocess.run(
        [
            "gcc",
            pathlib.Path(__file__).with_name("run_saved_model.c"),
            "-o",
            program,
            f"-I{TENSORFLOW}/include",
            # Found when it starts: to link with a gigabyte takes seconds.
            *"-fno-plt -fPIE -pie -rdynamic".split(),
            "-Wl,--unresolved-symbols=ignore-all",
        ],
        check=True,
    )
    info = signature_defs(folder)["decode"]
    z = example_inputs(model, 3, 10)["z"]
    result = subprocess.run(
        [
            program,
            folder,
            info.inputs["z"].name,
            info.outputs["x"].name,
            *map(str, z.shape),
        ],
        input=z.tobytes(),
        check=True,
        capture_output=True,
        env={
            **os.environ,
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "LD_PRELOAD": f"{TENSORFLOW}/libtensorflow_cc.so.2"
            f":{TENSORFLOW}/libtensorflow_framework.so.2",
        },
    )
    x = np.frombuffer(result.stdout, np.float32)
    np.testing.assert_allclose(x, np.ravel(model.decode(z)), atol=1e-4)

"""What an export says of the test split is what the report says."""

import json

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

import tfgen
from export.export import Measures, export_model
from export.write.calibration import training_rows
from tests.export.in_process import in_process
from tfgen.data.keys import key
from tfgen.data.streams import uniform


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run = tfgen.fit(
        "nice",
        workdir=tmp_path_factory.mktemp("flow"),
        preset="tiny",
        steps=2,
    )
    run.evaluate(draws=10)
    with in_process():
        measures = Measures(training_rows(run))
        kinds = ["float32", "int8"]
        export_model(run.model, run.workdir, "flow", kinds, measures)
    return run


@pytest.fixture
def report(run):
    """Nats, and the standard error of their mean over draws."""
    figures = json.loads((run.workdir / "evaluation.json").read_text())
    return figures["nats"], figures["nats_std_error"]


@pytest.fixture
def x(run):
    return run.data.source.splits["test"]["x"].astype(np.float32)


@pytest.fixture
def served(run):
    loaded = tf.saved_model.load(str(run.workdir / "saved_model/flow/1"))
    return lambda x: loaded.signatures["log_prob"](x=tf.constant(x))["log_prob"]


def test_a_server_gives_the_reported_figure(run, served, report, x):
    nats, error = report
    assert abs(-np.mean(served(x)) - nats) < 5 * error
    # Without noise it is another one.
    bare = -np.mean(run.model.log_prob(tf.constant(x)))
    assert abs(bare - nats) > 50 * error


def test_a_device_gives_the_reported_figure(run, report, x):
    """With the noise of the evaluation, of which 0.9995 is the most."""
    path = str(run.workdir / "tflite/flow/1/float32.tflite")
    runner = Interpreter(path).get_signature_runner("log_prob_with_noise")

    def nats(noise):
        return -np.mean(runner(x=x, noise=np.float32(noise))["log_prob"])

    shape, seed = run.config.spec.shape, run.config.train.seed
    tables = [key(seed, "evaluate", "test", draw) for draw in range(10)]
    draws = [nats(uniform(table, 0, len(x), shape)) for table in tables]
    np.testing.assert_allclose(np.mean(draws), report[0], rtol=1e-4)
    middle = nats(np.full_like(x, 0.5))
    expected = run.model.log_prob(tf.constant(x + np.float32(0.5)))
    np.testing.assert_allclose(middle, -np.mean(expected), rtol=1e-5)


def test_a_score_of_8_bits_has_no_lower_bound(run, x):
    """What is computed between products is float: noise is worse than data."""
    random = np.random.default_rng(0)
    x = np.float32(random.integers(0, 17, x.shape))
    inputs = {"x": x, "noise": np.zeros_like(x)}
    float32, int8 = (
        Interpreter(
            str(run.workdir / f"tflite/flow/1/{kind}.tflite")
        ).get_signature_runner("log_prob_with_noise")(**inputs)["log_prob"]
        for kind in ("float32", "int8")
    )
    np.testing.assert_allclose(int8, float32, rtol=0.02)


def test_a_picture_has_one_value(served, x):
    """In any batch; another picture has other noise."""
    values = served(x[:5]).numpy()
    np.testing.assert_allclose(served(x[3:4]), values[3:4], rtol=1e-5)


@pytest.mark.parametrize("level", [0.5, -1.0, 17.0, np.nan])
def test_what_is_no_level_is_an_error(served, x, level):
    x[0, 0, 0] = level
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="x: expected whole gray levels, 0"
    ):
        served(x)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Of a table with steps of 1 and 0.01; another column has none."""
    random, n = np.random.default_rng(0), 400
    columns = (
        random.poisson(2.0, n),
        random.normal(size=n),
        random.gamma(1.0, 0.02, n).round(2),
    )
    path = tmp_path_factory.mktemp("table") / "mine.csv"
    lines = (f"{a},{b:.7f},{c:.2f}\n" for a, b, c in zip(*columns))
    path.write_text("count,size,price\n" + "".join(lines))
    run = tfgen.fit(
        "real_nvp",
        f"csv:{path}",
        tmp_path_factory.mktemp("run"),
        settings={"steps": 2, "couplings": 2, "hidden": 8},
    )
    run.evaluate(draws=10)
    with in_process():
        export_model(run.model, run.workdir, "flow", ["float32"])
    return run


def test_a_table_with_steps_has_the_reported_figure(table):
    figures = json.loads((table.workdir / "evaluation.json").read_text())
    nats, error = figures["nats"], figures["nats_std_error"]
    x = table.data.source.splits["test"]["x"].astype(np.float32)
    loaded = tf.saved_model.load(str(table.workdir / "saved_model/flow/1"))
    served = loaded.signatures["log_prob"](x=tf.constant(x))["log_prob"]
    assert abs(-np.mean(served) - nats) < 5 * error
    # Without noise it is another one.
    bare = -np.mean(table.model.log_prob(tf.constant(x)))
    assert abs(bare - nats) > 5 * error
    # On a device, with the noise of the evaluation.
    path = str(table.workdir / "tflite/flow/1/float32.tflite")
    runner = Interpreter(path).get_signature_runner("log_prob_with_noise")
    seed = table.config.train.seed
    tables = [key(seed, "evaluate", "test", draw) for draw in range(10)]
    noise = [uniform(t, 0, len(x), x.shape[1:]).numpy() for t in tables]
    draws = [-np.mean(runner(x=x, noise=u)["log_prob"]) for u in noise]
    np.testing.assert_allclose(np.mean(draws), nats, rtol=2e-4)


def test_samples_of_a_table_are_on_its_steps(table):
    loaded = tf.saved_model.load(str(table.workdir / "saved_model/flow/1"))
    x = loaded.signatures["sample"](seed=tf.range(50), temperature=tf.ones(50))[
        "x"
    ].numpy()
    np.testing.assert_array_equal(x[:, 0], np.round(x[:, 0]))
    np.testing.assert_allclose(x[:, 2], np.round(x[:, 2], 2), atol=1e-6)
    assert np.any(x[:, 1] != np.round(x[:, 1], 2))

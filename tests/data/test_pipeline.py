import functools
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tfgen.config import DataSpec, Field, TrainConfig
from tfgen.data import pipeline
from tfgen.data.loaded import Examples
from tfgen.data.settings import DataConfig
from tfgen.data.source import ArraySource, RecordSource
from tfgen.errors import UserError
from tfgen.model import Noise

# Building and running a data set takes tens of milliseconds.
few = settings(max_examples=12, deadline=None, derandomize=True)
kinds = pytest.mark.parametrize("kind", ["arrays", "records"])


def numbered(n, levels=0, kind="arrays"):
    """Example `i` has label `i`; its x is full of `i`, or of `i % levels`."""
    label = np.arange(n, dtype=np.int32)
    if levels:
        x = np.zeros((n, 2, 3, 1), np.uint8)
        x += (label % levels).astype(np.uint8)[:, None, None, None]
    else:
        x = np.stack([label, label], axis=1).astype(np.float32)
    spec = DataSpec(shape=x.shape[1:], levels=levels, num_classes=n)
    split = {"x": x, "label": label}
    source = ArraySource(spec, {"train": split, "validation": split})
    return source if kind == "arrays" else as_records(source)


def as_records(source):
    """The same examples, one record each."""
    return RecordSource(
        source.spec,
        source.sizes,
        records=lambda split: tf.data.Dataset.from_tensor_slices(
            dict(source.splits[split])
        ),
        decode=lambda record, place: record,
    )


def joined(dataset, axis=0):
    elements = list(dataset.as_numpy_iterator())
    return {
        name: np.concatenate([e[name] for e in elements], axis)
        for name in elements[0]
    }


def assert_equal(a, b):
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


FULL = {"batch_size": 6, "seed": 3, "flip": True, "noise": {"z": Noise((5,))}}


@kinds
@given(
    n=st.integers(1, 40),
    batch_size=st.integers(1, 16),
    steps_per_call=st.integers(1, 5),
    start_step=st.integers(0, 12),
)
@few
def test_epoch_has_every_example_once(
    kind, n, batch_size, steps_per_call, start_step
):
    epochs = -(-start_step * batch_size // n) + 2
    num_steps = -(-epochs * n // batch_size)
    labels = joined(
        pipeline.train_batches(
            numbered(n, kind=kind),
            batch_size=batch_size,
            seed=1,
            start_step=start_step,
            num_steps=num_steps,
            steps_per_call=steps_per_call,
        )
    )["label"].reshape(-1)
    assert len(labels) == (num_steps - start_step) * batch_size
    whole = labels[-(start_step * batch_size) % n :]
    for i in range(len(whole) // n):
        assert sorted(whole[i * n : (i + 1) * n]) == list(range(n))


def test_a_batch_knows_its_step():
    batches = pipeline.train_batches(
        numbered(5),
        batch_size=4,
        seed=0,
        start_step=7,
        num_steps=12,
        steps_per_call=2,
        num_replicas=2,
    )
    steps = [batch["step"] for batch in batches.as_numpy_iterator()]
    # Calls of 2, 2 and 1 steps; two replicas with half of the batch each.
    assert [s.tolist() for s in steps[::2]] == [s.tolist() for s in steps[1::2]]
    assert [s.tolist() for s in steps[::2]] == [
        [[7, 7], [8, 8]],
        [[9, 9], [10, 10]],
        [[11, 11]],
    ]
    assert all(s.dtype == np.int32 for s in steps)


@functools.cache
def unbroken(kind):
    """A source and its batches of 14 steps."""
    source = numbered(20, levels=17, kind=kind)
    return source, joined(pipeline.train_batches(source, num_steps=14, **FULL))


@kinds
@given(
    start_step=st.integers(0, 9),
    num_steps=st.integers(10, 14),
    steps_per_call=st.integers(1, 7),
)
@few
def test_resumes_with_the_same_batches(
    kind, start_step, num_steps, steps_per_call
):
    source, whole = unbroken(kind)
    resumed = joined(
        pipeline.train_batches(
            source,
            start_step=start_step,
            num_steps=num_steps,
            steps_per_call=steps_per_call,
            **FULL,
        )
    )
    assert_equal(
        resumed, {k: v[start_step:num_steps] for k, v in whole.items()}
    )


@kinds
@pytest.mark.parametrize("num_replicas", [2, 3])
def test_replicas_divide_the_batch(kind, num_replicas):
    source = numbered(20, levels=17, kind=kind)
    one = pipeline.train_batches(source, num_steps=7, steps_per_call=3, **FULL)
    many = pipeline.train_batches(
        source,
        num_steps=7,
        steps_per_call=3,
        num_replicas=num_replicas,
        **FULL,
    )
    pieces = list(many.as_numpy_iterator())
    assert len(pieces) == 3 * num_replicas
    for i, whole in enumerate(one.as_numpy_iterator()):
        mine = pieces[i * num_replicas : (i + 1) * num_replicas]
        assert_equal(
            whole,
            {k: np.concatenate([p[k] for p in mine], axis=1) for k in whole},
        )


def test_workers_divide_the_replicas():
    source = numbered(20, levels=17)

    def pieces(**kwargs):
        dataset = pipeline.train_batches(
            source,
            num_steps=5,
            steps_per_call=2,
            num_replicas=6,
            **FULL,
            **kwargs,
        )
        return list(dataset.as_numpy_iterator())

    everyone = pieces()
    workers = [pieces(worker=w, num_workers=2) for w in range(2)]
    for i in range(3):
        for replica in range(6):
            worker, local = divmod(replica, 3)
            assert_equal(
                everyone[6 * i + replica], workers[worker][3 * i + local]
            )


@kinds
def test_elements(kind):
    dataset = pipeline.train_batches(
        numbered(20, levels=17, kind=kind),
        num_steps=5,
        steps_per_call=4,
        **FULL,
    )
    spec = dataset.element_spec
    assert spec["x"] == tf.TensorSpec([None, 6, 2, 3, 1], tf.float32)
    assert spec["label"] == tf.TensorSpec([None, 6], tf.int32)
    assert spec["z"] == tf.TensorSpec([None, 6, 5], tf.float32)
    assert [len(e["x"]) for e in dataset] == [4, 1]


@kinds
def test_seed_and_epoch_change_the_order(kind):
    def order(seed):
        return joined(
            pipeline.train_batches(
                numbered(100, kind=kind), batch_size=100, seed=seed, num_steps=2
            )
        )["label"]

    a, b = order(0), order(1)
    orders = [tuple(row) for row in (*a, *b, range(100))]
    assert len(set(orders)) == 5


@kinds
def test_ignores_the_global_seed(kind):
    def run():
        return joined(
            pipeline.train_batches(
                numbered(20, levels=17, kind=kind), num_steps=5, **FULL
            )
        )

    try:
        tf.random.set_seed(1)
        a = run()
        tf.random.set_seed(2)
        b = run()
    finally:
        tf.random.set_seed(None)
    assert_equal(a, b)


def test_label_and_x_stay_together():
    batches = joined(
        pipeline.train_batches(numbered(50), batch_size=8, seed=0, num_steps=20)
    )
    np.testing.assert_array_equal(batches["x"][..., 0], batches["label"])


def test_noise_is_standard_normal_and_never_repeats():
    noise = {"a": Noise((3,)), "b": Noise((2, 2)), "u": Noise((), "uniform")}
    batches = joined(
        pipeline.train_batches(
            numbered(9), batch_size=50, seed=0, num_steps=80, noise=noise
        )
    )
    for name, wanted in noise.items():
        z = batches[name].reshape(-1)
        assert batches[name].shape == (80, 50, *wanted.shape)
        if wanted.kind == "uniform":
            assert 0 <= z.min() and z.max() < 1
            z = (z - 0.5) * 12**0.5
        assert len(np.unique(z)) > 0.999 * len(z)
        # Five standard errors.
        assert abs(z.mean()) < 5 / len(z) ** 0.5
        assert abs(z.var() - 1) < 5 * (2 / len(z)) ** 0.5


def test_fields_are_treated_as_x_is():
    """Flipped together, with noise of their own; real numbers stay."""
    x = np.arange(40 * 12, dtype=np.uint8).reshape(40, 2, 6, 1) % 16
    splits = {"x": x, "y": x + 16, "place": np.arange(40.0, dtype=np.float32)}
    fields = (Field("y", (2, 6, 1), 256), Field("place"))
    spec = DataSpec((2, 6, 1), 256, fields=fields)
    source = ArraySource(spec, {"train": splits})
    batch = joined(
        pipeline.train_batches(
            source, batch_size=40, seed=3, num_steps=1, flip=True
        )
    )
    batch = {name: values[0] for name, values in batch.items()}
    np.testing.assert_array_equal(
        np.floor(batch["x"]) + 16, np.floor(batch["y"])
    )
    mirrored = np.any(
        np.floor(batch["x"]) != x[batch["place"].astype(int)], axis=(1, 2, 3)
    )
    assert 10 < mirrored.sum() < 30
    noise = [batch[name] % 1 for name in ("x", "y")]
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.2


def test_no_field_is_named_as_noise_is():
    with pytest.raises(UserError, match="^data: has a field x"):
        pipeline.train_batches(
            numbered(10),
            batch_size=2,
            seed=0,
            num_steps=1,
            noise={"x": Noise()},
        )


def test_flips_half_of_the_images():
    x = np.zeros((1, 1, 2, 1), np.uint8)
    x[0, 0, 0, 0] = 1
    source = ArraySource(DataSpec((1, 2, 1), 2), {"train": {"x": x}})
    options = {"batch_size": 50, "seed": 0, "num_steps": 20}
    flipped = joined(
        pipeline.train_batches(source, flip=True, dequantize=False, **options)
    )["x"][..., 0, 1, 0]
    assert abs(flipped.mean() - 0.5) < 5 * 0.5 / 1000**0.5
    straight = joined(
        pipeline.train_batches(source, dequantize=False, **options)
    )["x"][..., 0, 1, 0]
    assert not straight.any()


@kinds
@pytest.mark.parametrize("batch_size", [1, 7, 23, 100])
def test_eval_is_ordered_whole_and_free_of_the_batch_size(kind, batch_size):
    source = numbered(23, levels=17, kind=kind)
    got = joined(
        pipeline.eval_batches(
            source, "validation", batch_size=batch_size, seed=5
        )
    )
    expected = joined(
        pipeline.eval_batches(source, "validation", batch_size=4, seed=5)
    )
    assert_equal(got, expected)
    np.testing.assert_array_equal(got["label"], np.arange(23))
    np.testing.assert_array_equal(
        np.floor(got["x"][:, 0, 0, 0]), np.arange(23) % 17
    )


def test_eval_noise_depends_on_seed_draw_and_example():
    source = numbered(23, levels=17)

    def noise(**kwargs):
        x = joined(
            pipeline.eval_batches(source, "train", batch_size=9, **kwargs)
        )["x"]
        return x - np.floor(x)

    base = noise(seed=0)
    np.testing.assert_array_equal(base, noise(seed=0, draw=0))
    assert (base != noise(seed=0, draw=1)).mean() > 0.99
    assert (base != noise(seed=1)).mean() > 0.99
    assert len(np.unique(base)) > 0.99 * base.size


def test_held_out_batches_carry_noise():
    """K draws an example, which depend on seed, draw and example alone."""
    source, wanted = numbered(23), {"e": Noise((5, 2))}

    def noise(batch_size=9, **kwargs):
        batches = pipeline.eval_batches(
            source, "train", batch_size=batch_size, noise=wanted, **kwargs
        )
        return joined(batches)["e"]

    base = noise(seed=0)
    assert base.shape == (23, 5, 2)
    assert len(np.unique(base)) == base.size and abs(base.mean()) < 0.4
    np.testing.assert_array_equal(base, noise(4, seed=0, draw=0))
    for other in (noise(seed=0, draw=1), noise(seed=1)):
        assert np.all(base != other)


def test_eval_without_noise():
    source = numbered(23, levels=17)
    got = joined(
        pipeline.eval_batches(
            source, "train", batch_size=9, seed=0, dequantize=False
        )
    )
    np.testing.assert_array_equal(got["x"], source.splits["train"]["x"])
    assert got["x"].dtype == np.float32


def test_real_numbers_get_no_noise():
    source = numbered(23)
    got = joined(pipeline.eval_batches(source, "train", batch_size=9, seed=0))
    np.testing.assert_array_equal(got["x"], source.splits["train"]["x"])


@pytest.mark.parametrize(
    "options, message",
    [
        (
            {"batch_size": 5, "num_replicas": 2},
            r"train\.batch_size=5: expected a multiple .* replicas, 2",
        ),
        ({"batch_size": 0}, r"train\.batch_size=0: .* at least 1"),
        ({"flip": True}, r"data\.flip=true: expected images, .* \(2,\)"),
        ({"jitter": 0.5}, r"data\.jitter=0\.5: expected images of gray levels"),
        (
            {"num_replicas": 2, "batch_size": 6, "num_workers": 4},
            r"2 replicas .* 4 workers",
        ),
    ],
)
def test_errors(options, message):
    options = {"batch_size": 4, "seed": 0, "num_steps": 1} | options
    with pytest.raises(UserError, match=message):
        pipeline.train_batches(numbered(10), **options)


def test_under_a_strategy_with_deterministic_ops():
    # Both settings hold for a whole process, hence another one.
    script = pathlib.Path(__file__).with_name("run_under_strategy.py")
    process = subprocess.run(
        [sys.executable, script],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    assert process.stdout == "5 steps of 2 replicas\n"
    # TensorFlow's own errors, which are only logged.
    assert "RefCount" not in process.stderr


# Fewer examples.


@kinds
def test_few_examples_are_learnt_from_and_all_measured(kind):
    """Evenly spaced, so that of classes in order each has some."""
    config = DataConfig("numbers", train_examples=4)
    data = Examples(config, 0, numbered(10, kind=kind))
    train = TrainConfig(steps=4, batch_size=2)
    label = joined(data.train_batches(train, {}))["label"]
    assert sorted(label.flatten()) == [0, 0, 3, 3, 5, 5, 8, 8]
    for split in ("train", "validation"):
        whole = joined(data.eval_batches(split, train))["label"]
        np.testing.assert_array_equal(whole, np.arange(10))
        assert data.size(split) == 10


def test_more_examples_than_there_are_is_said(caplog):
    config = DataConfig("numbers", train_examples=11)
    data = Examples(config, 0, numbered(10))
    assert data.learnt is data.source
    assert "data.train_examples=11: there are 10; all are used." in caplog.text
    with pytest.raises(UserError, match="train_examples=-1: expected 0 or mo"):
        DataConfig(train_examples=-1)

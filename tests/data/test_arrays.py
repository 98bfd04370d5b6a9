import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tfgen.config import Field
from tfgen.data import arrays
from tfgen.data.loaded import Examples
from tfgen.data.settings import DataConfig, TwoDomainDataConfig
from tfgen.errors import UserError

RANDOM = np.random.default_rng(0)
X = RANDOM.integers(0, 256, (100, 4, 4), np.uint8)
LABEL = np.arange(100) % 4


def rows(source, name="x"):
    return [values[name] for values in source.splits.values()]


def test_x_alone_is_split_once():
    source = arrays.source({"x": X})
    assert source.sizes == {"train": 80, "validation": 10, "test": 10}
    assert (source.spec.shape, source.spec.levels) == ((4, 4, 1), 256)
    assert source.spec.num_classes == 0
    together = np.concatenate(rows(source))[..., 0]
    assert sorted(map(bytes, together)) == sorted(map(bytes, X))
    again = arrays.source({"x": X})
    for a, b in zip(rows(source), rows(again)):
        np.testing.assert_array_equal(a, b)


def test_labels_stay_with_their_examples_and_in_every_split():
    x = LABEL[:, None] * 10.0 + RANDOM.random((100, 2))
    for labels in ({"label": LABEL}, {"y": LABEL[:, None]}):
        source = arrays.source({"x": x, **labels})
        assert source.spec.levels == 0 and source.spec.num_classes == 4
        for a, label in zip(rows(source), rows(source, "label")):
            np.testing.assert_array_equal(a[:, 0] // 10, label)
            assert label.dtype == np.int32 and set(label) == {0, 1, 2, 3}


def test_pictures_y_are_a_second_domain():
    source = arrays.source({"x": X, "y": 255 - X})
    assert source.spec.fields == (Field("y", (4, 4, 1), 256),)
    assert source.spec.num_classes == 0
    for x, y in zip(rows(source), rows(source, "y")):
        np.testing.assert_array_equal(y, 255 - x)
    data = TwoDomainDataConfig("arrays", unpaired=True).load(0, source=source)
    assert data.spec.fields[0].paired == "held_out"


def test_labels_may_be_names():
    names = np.array(["cat", "dog", "bird", "eel"])[LABEL]
    source = arrays.source({"x": X, "label": names})
    assert source.spec.labels == ("bird", "cat", "dog", "eel")
    assert source.spec.num_classes == 4


def test_labels_are_the_values_that_occur(caplog):
    """Of numbers that are not 0 to K - 1, each is the name of a class."""
    for values in ([1, 2, 3, 4], [0, 1, 3, 10**9]):
        label = np.array(values)[LABEL]
        source = arrays.source({"x": X, "label": label.astype(float)})
        assert source.spec.num_classes == 4
        assert source.spec.labels == tuple(map(str, values))
        for split in source.splits.values():
            assert set(split["label"]) == {0, 1, 2, 3}
    assert caplog.messages[0].endswith(
        "labels 1, 2, 3, 4, which are the names of their classes."
    )
    assert arrays.source({"x": X, "label": LABEL}).spec.labels == ()


def test_numbers_of_examples_are_no_labels():
    with pytest.raises(
        UserError, match="100 labels in 100 examples, from 7 to"
    ):
        arrays.source({"x": X, "label": np.arange(100) + 7})


@pytest.mark.parametrize(
    "trained, given, expected",
    [
        ([0, 1, 2, 3], [0, 1, 3], [0, 1, 3]),
        ([0, 1, 2, 3], [0, 1], [0, 1]),
        ([1, 2, 3], [2, 3], [1, 2]),
        ([1, 2, 3], [1, 2, 3], [0, 1, 2]),
        ([0, 1, 2], [1, 2, 3], "has a class 3; expected those .* 0, 1, 2"),
        ([1, 2, 3], [0, 1], "has a class 0; expected those .* 1, 2, 3"),
    ],
)
def test_a_run_keeps_its_classes(trained, given, expected):
    def load(values, like=None):
        label = np.array(values)[np.arange(100) % len(values)]
        source = arrays.source({"x": X, "label": label})
        return DataConfig("arrays").load(0, like, source)

    spec = load(trained).spec
    if isinstance(expected, str):
        with pytest.raises(UserError, match=expected):
            load(given, spec)
        return
    data = load(given, spec)
    assert data.spec == spec
    (batch,) = data.source.splits["train"]["label"][None]
    assert set(batch.tolist()) == set(expected)


def test_the_layout_of_keras(tmp_path, caplog):
    """The test split is the file's; a part of training is for validation."""
    path = tmp_path / "mnist.npz"
    np.savez(
        path,
        x_train=np.repeat(X, 200, 0),
        y_train=np.repeat(LABEL, 200),
        x_test=X[:7],
        y_test=LABEL[:7],
    )
    source = DataConfig(f"npz:{path}").load(0).source
    assert source.sizes == {"train": 19_000, "validation": 1_000, "test": 7}
    np.testing.assert_array_equal(source.splits["test"]["x"][..., 0], X[:7])
    assert set(source.splits["validation"]["label"]) == {0, 1, 2, 3}
    assert caplog.messages == [
        f"npz:{path}: read 20,007 examples of 4 classes: 19,000 train, 1,000"
        " validation, 7 test; x (4, 4, 1), 256 gray levels."
    ]


def test_other_arrays_are_fields(caplog):
    other = X[:, ::-1]
    arrays_in = {"b": LABEL[:, None] * 2, "x": X, "a": other, "label": LABEL}
    source = arrays.source(arrays_in)
    a, b = source.spec.fields
    assert a == Field("a", (4, 4, 1), 256)
    assert b == Field("b", (1,), numbers=b.numbers) and len(b.numbers) == 1
    for split in source.splits.values():
        np.testing.assert_array_equal(split["a"], split["x"][:, ::-1])
        np.testing.assert_array_equal(split["b"][:, 0], 2 * split["label"])
        assert split["b"].dtype == np.float32
    assert caplog.messages[0].endswith(
        "x (4, 4, 1), 256 gray levels; a (4, 4, 1), 256 gray levels;"
        " b (1,), real numbers (standardized)."
    )


def test_models_standardize_real_vectors():
    """By the training split; numbers that are all the same stay."""
    x = np.random.default_rng(0).normal(500, 100, (50, 3))
    x[:, 1] = 7
    source = arrays.source({"x": x})
    train = source.splits["train"]["x"]
    mean, stddev = np.transpose(
        [(c.mean, c.stddev) for c in source.spec.standard]
    )
    np.testing.assert_allclose(mean, train.mean(0, np.float64), 1e-12)
    expected = train.std(0, np.float64)
    np.testing.assert_allclose(stddev, [expected[0], 1, expected[2]], 1e-12)
    assert not source.spec.columns  # it is no table
    assert not arrays.source({"x": X / 255}).spec.standard  # nor pictures


def test_other_data_are_standardized_as_the_model_knows():
    x = np.random.default_rng(0).normal(500, 100, (50, 3))
    given = {"x": x, "given": 2 * x[:, :1]}
    spec = arrays.source(given).spec
    other = arrays.source({"x": x + 100, "given": x[:, :1]})
    assert other.spec != spec
    assert Examples(DataConfig("arrays"), 0, other, like=spec).spec == spec
    older = dataclasses.replace(spec, numbers=())
    found = Examples(DataConfig("arrays"), 0, other, like=older).spec
    assert not found.standard


def test_fields_of_one_split_alone_are_left_out(caplog):
    found = {"x_train": X, "x_test": X, "a_train": X, "README": np.array("…")}
    assert arrays.source(found).spec.fields == ()
    assert caplog.messages[0] == (
        "data=arrays: left out README, a; expected one for each split."
    )


def test_bits_have_two_levels():
    assert arrays.source({"x": X > 127}).spec.levels == 2


@pytest.mark.parametrize(
    "values, message",
    [
        ({}, "expected x, or x_train and x_test; found nothing"),
        ({"z": X}, "expected x, or x_train and x_test; found z"),
        ({"x": X, "label": LABEL[:9]}, "9 of label ; expected as many as x"),
        ({"x": X[:0]}, "0 of x ; expected as many as x has, 0, and at least"),
        ({"x": X * np.nan}, "x has numbers that are not finite"),
        (
            {"x": X.astype(int) - 1},
            "x has whole numbers from -1 to 254; expected",
        ),
        ({"x": X.astype(str)}, r"x is <U3 \[100, 4, 4\]; expected numbers"),
        ({"x": X, "label": LABEL - 1}, "labels are texts, or whole numbers"),
        ({"x": X, "label": LABEL + 0.5}, "labels are texts, or whole numbers"),
        ({"x": X, "label": np.eye(4)[LABEL]}, "expected one label an example"),
        ({"x": X, "a": X[:9]}, "9 of a ; expected as many as x"),
        ({"x": X, "a": X.astype(str)}, "a is <U3"),
        ({"x": X, "a": LABEL * np.nan}, "a has numbers that are not finite"),
        ({"x_train": X}, "expected x, or x_train and x_test; found x_train"),
    ],
)
def test_errors(values, message):
    with pytest.raises(UserError, match=f"^data=arrays: {message}"):
        arrays.source(values)


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 and no more"])
def test_files_that_are_none(tmp_path, content):
    path = tmp_path / "a.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=f"^data=npz:{path}: expected a file"):
        arrays.read(path)


def test_a_file_of_a_single_array(tmp_path):
    np.save(tmp_path / "x.npy", X)
    with pytest.raises(UserError, match="expected an .npz file of named"):
        arrays.read(tmp_path / "x.npy")


@pytest.mark.parametrize(
    "examples", [(X, LABEL), {"x": X, "label": LABEL}], ids=["pairs", "dicts"]
)
def test_datasets(examples):
    dataset = tf.data.Dataset.from_tensor_slices(examples)
    found = arrays.of_dataset(dataset)
    np.testing.assert_array_equal(found["x"], X)
    np.testing.assert_array_equal(found["label"], LABEL)

import numpy as np
import pytest

from tfgen.config import DataSpec, TrainConfig
from tfgen.data import loaded, semi_supervised
from tfgen.data.settings import SemiSupervisedDataConfig
from tfgen.data.source import ArraySource, RecordSource
from tfgen.errors import UserError
from tfgen.model import Noise

TRAIN = TrainConfig(steps=6, batch_size=4, steps_per_call=3)


def digits(labels, seed=0, name="digits"):
    config = SemiSupervisedDataConfig(name, dequantize=False, labels=labels)
    return config.load(seed)


def joined(dataset):
    elements = list(dataset.as_numpy_iterator())
    return {k: np.concatenate([e[k] for e in elements]) for k in elements[0]}


@pytest.mark.parametrize(
    "count, shares",
    [(3, [1, 1, 1]), (7, [2, 2, 3]), (9, [2, 3, 4]), (10, [2, 3, 5])],
)
def test_classes_share_the_labels(count, shares):
    """As many of each as there are: 2, 3 and 5 examples."""
    label = np.array([2, 0, 1, 2, 2, 1, 0, 2, 1, 2])
    index = semi_supervised.balanced(label, count, seed=0)
    assert len(set(index)) == count
    assert sorted(np.bincount(label[index])) == shares


def test_the_choice_is_the_seeds():
    label = digits(0).source.splits["train"]["label"]
    first, again, other = (
        semi_supervised.balanced(label, 100, seed) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert len(set(first) & set(other)) < 50
    np.testing.assert_array_equal(np.bincount(label[first]), [10] * 10)


def test_the_other_labels_are_hidden():
    """Beside any examples, an endless row of the labelled ones."""
    data = digits(20)
    batches = joined(data.train_batches(TRAIN, {"z": Noise((2,))}))
    assert set(batches) == {"x", "labelled_x", "labelled_label", "z", "step"}
    shown = data.shown.splits["train"]
    pairs = {
        (x.tobytes(), int(label))
        for x, label in zip(shown["x"].astype(np.float32), shown["label"])
    }
    seen = [
        (x.tobytes(), int(label))
        for x, label in zip(
            batches["labelled_x"].reshape(24, 8, 8, 1),
            batches["labelled_label"].reshape(24),
        )
    ]
    assert set(seen[:20]) == pairs  # an epoch
    assert set(seen[20:]) < pairs
    assert batches["x"].shape == (6, 4, 8, 8, 1)


def test_labelled_examples_resume_and_divide_as_the_others():
    data = digits(20)
    whole = joined(data.train_batches(TRAIN, {}))
    resumed = joined(data.train_batches(TRAIN, {}, start_step=3))
    halves = list(
        data.train_batches(TRAIN, {}, num_replicas=2).as_numpy_iterator()
    )
    for name, values in whole.items():
        np.testing.assert_array_equal(resumed[name], values[3:])
        first = np.concatenate([h[name] for h in halves[::2]])
        second = np.concatenate([h[name] for h in halves[1::2]])
        np.testing.assert_array_equal(
            np.concatenate([first, second], axis=1), values
        )


def test_held_out_examples_show_theirs():
    (batch,) = digits(20).eval_batches("validation", TRAIN)
    assert set(batch) == {"x", "label"}


def test_every_label_is_shown_or_hidden():
    """But for those of the validation split."""
    data = digits(20)
    shown = data.shown.splits["train"]
    hidden = joined(data.eval_batches("hidden", TRAIN))
    splits = data.source.splits

    def pairs(*sets):
        return sorted(
            (x.astype(np.uint8).tobytes(), int(label))
            for each in sets
            for x, label in zip(each["x"], each["label"])
        )

    assert data.size("hidden") == 1437 - 20 + 180
    assert pairs(shown, hidden) == pairs(splits["train"], splits["test"])


@pytest.mark.parametrize("labels", [-1, 9, 1438])
def test_as_many_labels_as_there_are(labels):
    with pytest.raises(
        UserError,
        match=f"data.labels={labels}: expected at least 10, one of each class,"
        " and at most the 1437 training examples; or 0 for all",
    ):
        digits(labels)


def test_0_is_all():
    assert len(digits(0).shown.splits["train"]["x"]) == 1437


@pytest.mark.parametrize(
    "source, message",
    [
        (
            ArraySource(DataSpec((2,)), {"train": {"x": np.zeros((4, 2))}}),
            "has no labels to learn from",
        ),
        (
            RecordSource(DataSpec((2,), num_classes=2), {}, None, None),
            "too large to be held in memory",
        ),
    ],
)
def test_data_without_labels_to_choose_from(monkeypatch, source, message):
    monkeypatch.setattr(loaded.catalog, "load", lambda *_: source)
    with pytest.raises(UserError, match=f"data=digits: {message}"):
        digits(2)

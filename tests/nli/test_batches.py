import functools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.apps import command
from tests.nli.padding import padding_share
from tfgen.errors import UserError
from tfgen.nli import batches
from tfgen.nli.encode import EncodedPairs, Sentences

few = settings(max_examples=15, deadline=None, derandomize=True)


def sentences(lengths, first):
    """Sentence `i` is `first + i`, again and again."""
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    ids = np.repeat(first + np.arange(len(lengths)), lengths)
    return Sentences(ids.astype(np.int32), offsets)


def numbered(n, seed=0):
    """Pair `i` has the label `i`; its words are `i + 1` and `n + i + 1`."""
    rng = np.random.default_rng(seed)
    return EncodedPairs(
        sentences(rng.integers(1, 30, n), 1),
        sentences(rng.integers(1, 12, n), n + 1),
        np.arange(n, dtype=np.int32),
    )


def rows(dataset, axis=0):
    """One (label, premise, hypothesis) for each example, without padding."""
    found = []
    for batch in dataset.as_numpy_iterator():
        label = batch["label"].reshape(-1)
        p, h = (
            batch[name].reshape(len(label), -1)
            for name in ("premise", "hypothesis")
        )
        found += [
            (i, tuple(a[a > 0]), tuple(b[b > 0]))
            for i, a, b in zip(label, p, h)
        ]
    return found


def expected_row(pairs, i):
    return i, tuple(pairs.premise[i]), tuple(pairs.hypothesis[i])


@given(
    n=st.integers(1, 200),
    batch_size=st.integers(1, 16),
    steps_per_call=st.integers(1, 25),
    start_step=st.integers(0, 30),
)
@few
def test_epoch_has_every_example_once(
    n, batch_size, steps_per_call, start_step
):
    pairs = numbered(n)
    epochs = -(-start_step * batch_size // n) + 2
    num_steps = -(-epochs * n // batch_size)
    found = rows(
        batches.train_batches(
            pairs,
            batch_size=batch_size,
            seed=1,
            start_step=start_step,
            num_steps=num_steps,
            steps_per_call=steps_per_call,
        )
    )
    assert len(found) == (num_steps - start_step) * batch_size
    for row in found:
        assert row == expected_row(pairs, row[0])
    whole = [row[0] for row in found[-(start_step * batch_size) % n :]]
    for i in range(len(whole) // n):
        assert sorted(whole[i * n : (i + 1) * n]) == list(range(n))


@given(
    start_step=st.integers(0, 90),
    steps_per_call=st.sampled_from([1, 3, 7, 20, 40]),
)
@few
def test_resumes_with_the_same_batches(start_step, steps_per_call):
    resumed = steps_of_300(start_step, steps_per_call)
    assert resumed == steps_of_300(0, 1)[start_step * 6 :]


@functools.cache
def steps_of_300(start_step, steps_per_call):
    return rows(
        batches.train_batches(
            numbered(300),
            batch_size=6,
            seed=3,
            num_steps=95,
            start_step=start_step,
            steps_per_call=steps_per_call,
        )
    )


def test_elements():
    dataset = batches.train_batches(
        numbered(300),
        batch_size=6,
        seed=0,
        start_step=3,
        num_steps=45,
        steps_per_call=20,
        multiple=8,
    )
    assert dataset.element_spec == {
        "premise": tf.TensorSpec([None, 6, None], tf.int32),
        "hypothesis": tf.TensorSpec([None, 6, None], tf.int32),
        "label": tf.TensorSpec([None, 6], tf.int32),
    }
    elements = list(dataset.as_numpy_iterator())
    # Elements end at multiples of K, wherever they start.
    assert [len(e["label"]) for e in elements] == [17, 20, 5]
    for element in elements:
        for name in ("premise", "hypothesis"):
            width = element[name].shape[2]
            longest = (element[name] > 0).sum(2).max()
            assert width % 8 == 0 and width - longest < 8


def test_seed_and_epoch_change_the_order():
    def order(seed):
        found = rows(
            batches.train_batches(
                numbered(120), batch_size=6, seed=seed, num_steps=40
            )
        )
        labels = [row[0] for row in found]
        return labels[:120], labels[120:]

    orders = [tuple(o) for o in (*order(0), *order(1), range(120))]
    assert len(set(orders)) == 5


def test_ignores_the_global_seeds():
    def run():
        return rows(
            batches.train_batches(
                numbered(100), batch_size=6, seed=0, num_steps=30
            )
        )

    first = run()
    np.random.seed(1)
    try:
        tf.random.set_seed(2)
        assert run() == first
    finally:
        tf.random.set_seed(None)


def test_order_is_pinned():
    # Another order would not resume what an older version has begun.
    order = batches.Order(numbered(50), 4, seed=7)
    assert order.batch(2).tolist() == PINNED


PINNED = [4, 20, 40, 24]


@pytest.mark.parametrize("num_replicas", [2, 3])
def test_replicas_divide_the_batch(num_replicas):
    pairs = numbered(100)
    options = {
        "batch_size": 6,
        "seed": 0,
        "num_steps": 45,
        "steps_per_call": 20,
    }
    one = list(batches.train_batches(pairs, **options).as_numpy_iterator())
    many = list(
        batches.train_batches(
            pairs, num_replicas=num_replicas, **options
        ).as_numpy_iterator()
    )
    assert len(many) == num_replicas * len(one)
    for i, whole in enumerate(one):
        pieces = many[i * num_replicas : (i + 1) * num_replicas]
        for name, value in whole.items():
            np.testing.assert_array_equal(
                np.concatenate([p[name] for p in pieces], axis=1), value
            )


def test_workers_divide_the_replicas():
    def labels(**kwargs):
        dataset = batches.train_batches(
            numbered(50),
            batch_size=12,
            seed=0,
            num_steps=5,
            steps_per_call=2,
            num_replicas=6,
            **kwargs,
        )
        return [e["label"].tolist() for e in dataset.as_numpy_iterator()]

    everyone = labels()
    workers = [labels(worker=w, num_workers=2) for w in range(2)]
    for i in range(3):
        for replica in range(6):
            worker, local = divmod(replica, 3)
            assert everyone[6 * i + replica] == workers[worker][3 * i + local]


@pytest.mark.parametrize("batch_size", [1, 7, 23, 100])
def test_eval_has_all_pairs_once(batch_size):
    pairs = numbered(23)
    found = list(
        batches.eval_batches(pairs, batch_size=batch_size).as_numpy_iterator()
    )
    index = np.concatenate([b["index"] for b in found])
    np.testing.assert_array_equal(
        index, np.concatenate([b["label"] for b in found])
    )
    assert sorted(index) == list(range(23))
    assert rows(batches.eval_batches(pairs, batch_size=batch_size)) == [
        expected_row(pairs, i) for i in index
    ]
    lengths = pairs.premise.lengths[index]
    assert (np.diff(lengths) >= 0).all()


def snli_like(n):
    rng = np.random.default_rng(0)

    def side(mean, sigma, first):
        lengths = np.exp(rng.normal(np.log(mean), sigma, n)).round()
        return sentences(np.clip(lengths, 2, 80).astype(int), first)

    return EncodedPairs(
        side(13, 0.42, 1), side(8, 0.36, 1), np.zeros(n, np.int32)
    )


def test_little_is_padding():
    pairs = snli_like(60_000)
    options = {"batch_size": 64, "seed": 0, "num_steps": 900}
    one = padding_share(pairs, **options)
    twenty = padding_share(pairs, steps_per_call=20, **options)
    assert 0 < one < 0.04
    assert one < twenty < 0.2  # 0.06 with the 550,000 pairs of SNLI

    # The same as what is in the batches.
    places = words = 0
    for batch in batches.train_batches(
        pairs, steps_per_call=20, **options | {"num_steps": 100}
    ).as_numpy_iterator():
        for name in ("premise", "hypothesis"):
            places += batch[name].size
            words += (batch[name] > 0).sum()
    share = padding_share(
        pairs, steps_per_call=20, **options | {"num_steps": 100}
    )
    assert share == pytest.approx(1 - words / places)


def test_lengths_come_in_random_order():
    # Else a run of updates would see short sentences only, then long ones.
    pairs = snli_like(20_000)
    order = batches.Order(pairs, 10, seed=0)
    means = np.array(
        [pairs.premise.lengths[order.batch(t)].mean() for t in range(1980)]
    )
    runs = means.reshape(-1, batches.RUN)
    assert runs.std(1).mean() < 0.5 * means.std()
    series = runs.mean(1)
    assert abs(np.corrcoef(series[1:], series[:-1])[0, 1]) < 0.3
    # Batches of a run are in random order too.
    rising = np.diff(runs, axis=1)
    assert 0.4 < (rising[rising != 0] > 0).mean() < 0.6


@pytest.mark.parametrize(
    "options, message",
    [
        (
            {"batch_size": 5, "num_replicas": 2},
            r"train\.batch_size=5: expected a multiple .* replicas, 2",
        ),
        ({"batch_size": 0}, r"train\.batch_size=0: .* at least 1"),
        (
            {"num_replicas": 2, "batch_size": 6, "num_workers": 4},
            r"2 replicas .* 4 workers",
        ),
    ],
)
def test_errors(options, message):
    options = {"batch_size": 4, "seed": 0, "num_steps": 1} | options
    with pytest.raises(UserError, match=message):
        batches.train_batches(numbered(10), **options)


def test_no_pairs():
    with pytest.raises(UserError, match="no sentence pairs"):
        batches.train_batches(numbered(0), batch_size=4, seed=0, num_steps=1)
    with pytest.raises(UserError, match="no sentence pairs"):
        batches.eval_batches(numbered(0), batch_size=4)


def test_under_a_strategy():
    # Virtual devices and deterministic ops hold for a whole process.
    process = command.Fork("tests.nli.run_batches_under_strategy")
    code, out, error = process.finish()
    assert code == 0, error
    assert out == ["45 steps of 2 replicas"]

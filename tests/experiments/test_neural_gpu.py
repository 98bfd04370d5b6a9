import keras
import numpy as np
import pytest

from tfgen.experiments import neural_gpu
from tfgen.experiments.neural_gpu import EXTENDED, MARKOV, PLAIN, WAYS

RANDOM = np.random.default_rng(0)
N = 4  # cells
X = RANDOM.integers(0, neural_gpu.SYMBOLS, (3, N)).astype(np.int32)
Y = RANDOM.integers(0, neural_gpu.SYMBOLS, (3, N)).astype(np.int32)
LENGTH = np.array([4, 3, 2], np.int32)


@pytest.fixture(scope="module")
def models():
    keras.utils.set_random_seed(0)
    return {way: neural_gpu.ActiveMemory(way, units=5) for way in WAYS}


def cgru(unit, s, *tape):
    """A step of one example [n, H], cell by cell and neighbour by neighbour."""

    def convolved(dense, values):
        W, b = (w.numpy().astype(float) for w in dense.weights)
        W = W.reshape(3, -1, W.shape[1])
        out = np.tile(b, (len(values), 1))
        for k in range(len(values)):
            for i in range(3):
                if 0 <= k + i - 1 < len(values):
                    out[k] += values[k + i - 1] @ W[i]
        return out

    gates = 1 / (1 + np.exp(-convolved(unit.gates, np.hstack([s, *tape]))))
    u, r = np.split(gates, 2, axis=1)
    new = np.tanh(convolved(unit.new, np.hstack([r * s, *tape])))
    return u * s + (1 - u) * new


def expected(model, x, y):
    """Logits of one example, of its own symbols alone."""
    W, b = (w.numpy() for w in model.out.weights)
    s = model.embedding(x).numpy().astype(float)
    for _ in x:
        s = cgru(model.unit, s)
    if model.way == PLAIN:
        return s @ W + b
    written = model.written.weights[0].numpy()
    if model.way == MARKOV:
        before = written[[neural_gpu.SYMBOLS, *y[:-1]]]
        return np.hstack([s, before]) @ W + b
    tape, found = np.zeros_like(s), []
    for k, symbol in enumerate(y):
        s = cgru(model.writer, s, tape)
        found.append(s[k] @ W + b)
        tape[k] = written[symbol]
    return np.array(found)


@pytest.mark.parametrize("way", WAYS)
def test_logits_are_those_of_loops(models, way):
    """Of each example as if it were alone, whatever is beyond its end."""
    logits = models[way].logits(X, Y, LENGTH).numpy()
    for i, n in enumerate(LENGTH):
        np.testing.assert_allclose(
            logits[i, :n],
            expected(models[way], X[i, :n], Y[i, :n]),
            atol=1e-5,
        )


@pytest.mark.parametrize("way", WAYS)
def test_the_loss_is_of_the_string_alone(models, way):
    batch = {"x": X, "y": Y, "length": LENGTH}
    nats = models[way].per_example_losses(batch, True)["model"]
    for i, n in enumerate(LENGTH):
        logits = expected(models[way], X[i, :n], Y[i, :n])
        log_p = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        own = -log_p[np.arange(n), Y[i, :n]].sum()
        np.testing.assert_allclose(nats[i], own, rtol=1e-4)


@pytest.mark.parametrize(
    "way, changed",
    [(PLAIN, [0, 0, 0, 0]), (MARKOV, [0, 0, 1, 0]), (EXTENDED, [0, 0, 1, 1])],
)
def test_which_outputs_are_linked(models, way, changed):
    """To the second one."""
    other = Y.copy()
    other[:, 1] = (other[:, 1] + 1) % neural_gpu.SYMBOLS
    length = np.full(3, N, np.int32)
    logits = [models[way].logits(X, y, length).numpy() for y in (Y, other)]
    moved = np.abs(np.subtract(*logits)).max((0, 2)) > 1e-7
    assert moved.tolist() == changed


def test_independent_outputs_have_two_bits_at_best(models):
    """Of all pairs of probabilities, by grid; and the table says so."""
    p = np.linspace(0.001, 0.999, 999)
    q = p[:, None]
    bits = -0.5 * np.log2(p * q) - 0.5 * np.log2((1 - p) * (1 - q))
    best = np.unravel_index(bits.argmin(), bits.shape)
    np.testing.assert_allclose(bits.min(), 2)
    np.testing.assert_allclose((p[best[0]], p[best[1]]), 0.5)
    for way, model in models.items():
        found = neural_gpu.probabilities(model)
        # All strings of eight symbols: the four are a part.
        assert 0 < sum(found.values()) < 1
        gap = found["aa"] * found["bb"] / (found["ab"] * found["ba"]) - 1
        assert (abs(gap) < 1e-5) == (way == PLAIN)


def test_tasks():
    linked = neural_gpu.link(RANDOM, (50,))
    assert {*map(tuple, linked["y"])} == {(0, 0), (1, 1)}
    assert not linked["x"].any()
    for task, order in ((neural_gpu.copy, 1), (neural_gpu.reverse, -1)):
        made = task(RANDOM, (5, 40))
        lengths = made["length"]
        assert lengths.min() == 1 and lengths.max() == neural_gpu.TRAINED
        for x, y, n in zip(
            *(made[k].reshape(200, -1) for k in "xy"), lengths.ravel()
        ):
            np.testing.assert_array_equal(y[:n], x[:n][::order])
            assert not x[n:].any() and not y[n:].any()
        assert (task(RANDOM, (3,), 20)["length"] == 20).all()


def test_rows_try_what_was_learnt(monkeypatch):
    """Each way and task, strings of the learnt length and of twice as many."""
    learnt = []

    def train(model, task, steps, *_):
        learnt.append((model.way, task.__name__, steps))
        return model

    monkeypatch.setattr(neural_gpu.training, "train", train)
    monkeypatch.setattr(
        neural_gpu, "_written", lambda model, test: 0 * test["y"]
    )
    found = neural_gpu.rows(0)
    steps = neural_gpu.STEPS
    assert learnt == [(way, t, n) for way in WAYS for t, n in steps.items()]
    assert {*found} == {row.name for row in neural_gpu.TABLE.rows}
    for way in WAYS:
        assert {*found[way]} == {*neural_gpu.TABLE.figures}
        # One of eight symbols is the one that is always written.
        wrong = [v for k, v in found[way].items() if k not in ("bits", "valid")]
        np.testing.assert_allclose(wrong, 7 / 8, atol=0.05)


def test_claims():
    good = {"bits": 1.0, "valid": 1.0}
    found = {way: dict(good) for way in WAYS}
    found[PLAIN] = {"bits": 2.0, "valid": 0.5}
    errors = "copy_twice", "reverse", "reverse_twice"
    for values in found.values():
        values.update(dict.fromkeys(errors, 0.0))
    assert all(holds(found) for holds in neural_gpu.CLAIMS.values())
    found[PLAIN], found[MARKOV] = dict(found[MARKOV]), dict(found[PLAIN])
    for name in errors:
        found[EXTENDED][name] = 0.02
    assert not any(holds(found) for holds in neural_gpu.CLAIMS.values())

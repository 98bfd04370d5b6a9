import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgen.experiments import professor_forcing as forcing

RANDOM = np.random.default_rng(0)
T, H = forcing.TAUGHT, 4
X, EPSILON = RANDOM.standard_normal((2, 3, T)).astype(np.float32)


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    return forcing.Network(True, units=H)


def behaviour(network, x, epsilon):
    """Of one curve, in NumPy: states, mean, log-deviation; what is written."""
    kernel, recurrent, bias = (
        w.numpy().astype(float) for w in network.cell.trainable_variables
    )
    W, b = (w.numpy() for w in network.out.weights)
    h, before, found, written = np.zeros(H), 0.0, [], []
    for t, noise in enumerate(epsilon):
        a, c = before * kernel[0] + bias[0], h @ recurrent + bias[1]
        z, r = (
            1 / (1 + np.exp(-(a[i : i + H] + c[i : i + H]))) for i in (0, H)
        )
        h = z * h + (1 - z) * np.tanh(a[2 * H :] + r * c[2 * H :])
        mean, log_stddev = h @ W + b
        found.append([*h, mean, log_stddev])
        written.append(mean + np.exp(log_stddev) * noise)
        before = written[-1] if x is None else x[t]
    return np.array(found), np.array(written)


@pytest.mark.parametrize("taught", [True, False])
def test_behaviour_is_that_of_loops(network, taught):
    """Taught, it reads the data; free, what it has written."""
    b, written = network.run(X if taught else None, EPSILON)
    for i in range(3):
        expected = behaviour(network, X[i] if taught else None, EPSILON[i])
        np.testing.assert_allclose(b[i], expected[0], atol=1e-5)
        np.testing.assert_allclose(written[i], expected[1], atol=1e-5)


def test_the_losses(network, monkeypatch):
    """By NumPy but for D, with each gate open and closed."""
    D = network.discriminator
    free, _ = network.run(None, EPSILON)
    taught, _ = network.run(X, EPSILON)
    real, fake = (D(b).numpy() for b in (taught, free))
    mean, log_stddev = taught[..., -2].numpy(), taught[..., -1].numpy()
    stddev = np.exp(log_stddev)
    density = np.exp(-0.5 * ((X - mean) / stddev) ** 2)
    nats = -np.log(density / stddev / np.sqrt(2 * np.pi)).sum(1)
    for gates in ((0.0, 1.0), (1.0, 0.0)):
        monkeypatch.setattr(forcing, "gates", lambda *_, gates=gates: gates)
        batch = {"x": tf.constant(X), "epsilon": tf.constant(EPSILON)}
        losses = network.per_example_losses(batch, True)
        expected = nats + gates[0] * np.log1p(np.exp(-fake))
        np.testing.assert_allclose(losses["network"], expected, rtol=1e-4)
        D_loss = np.log1p(np.exp(-real)) + np.log1p(np.exp(fake))
        np.testing.assert_allclose(losses["D"], gates[1] * D_loss, rtol=1e-4)


def test_what_is_written_is_a_constant(network):
    """A step's state has a gradient; through what was written there is none."""
    with tf.GradientTape() as tape:
        _, written = network.run(None, EPSILON)
    own = network.players()["network"].variables
    assert tape.gradient(written, own) == [None] * len(own)


def test_who_moves_what(network):
    players = network.players()
    names = {n: {id(v) for v in p.variables} for n, p in players.items()}
    assert not names["network"] & names["D"]
    every = {id(v) for v in network.trainable_variables}
    assert names["network"] | names["D"] == every
    assert [*forcing.Network(False, units=H).players()] == ["network"]


@pytest.mark.parametrize(
    "right, gates",
    [(100, (1, 0)), (199, (1, 0)), (197, (1, 1)), (151, (1, 1)), (150, (0, 1))],
)
def test_gates(right, gates):
    """Of 200, how many D is right of."""
    right = 200 if right == 100 else right
    signs = np.where(np.arange(200) < right, 1.0, -1.0)
    real, fake = signs[:100], -signs[100:]
    found = forcing.gates(tf.constant(real), tf.constant(fake))
    assert tuple(map(float, found)) == gates
    assert tuple(map(float, forcing.gates(-real, real))) == (0, 1)


def test_energy_distance():
    """All pairs, one by one; of normal numbers, the closed form."""
    a, b = RANDOM.standard_normal((6, 2)), RANDOM.standard_normal((5, 2)) + 1

    def mean(p, q, others=False):
        pairs = [
            np.linalg.norm(u - v)
            for i, u in enumerate(p)
            for j, v in enumerate(q)
            if not (others and i == j)
        ]
        return np.mean(pairs)

    expected = 2 * mean(a, b) - mean(a, a, True) - mean(b, b, True)
    np.testing.assert_allclose(forcing.energy_distance(a, b), expected)
    # E|N(m, 2)| - E|N(0, 2)|, twice: m = 1.
    a, b = RANDOM.standard_normal((2, 1500, 1))
    z = np.linspace(-12, 12, 100_001)
    density = np.exp(-(z**2) / 4) / np.sqrt(4 * np.pi)
    gap = np.trapezoid((np.abs(z + 1) - np.abs(z)) * density, z)
    found = forcing.energy_distance(a + 1, b)
    np.testing.assert_allclose(found, 2 * gap, atol=0.12)
    assert abs(forcing.energy_distance(a, b)) < 0.02


def test_features_of_a_wave():
    t = np.arange(50) + 0.3
    waves = [3 * np.sin(2 * np.pi * t / 10) + 7, np.sin(2 * np.pi * t / 5)]
    found = forcing.features(np.array(waves))
    stddev = np.sqrt(0.5)
    np.testing.assert_allclose(
        found, [[np.log(3 * stddev), 9], [np.log(stddev), 19]], atol=1.01
    )
    np.testing.assert_allclose(found[0, 0] - found[1, 0], np.log(3), rtol=1e-3)


def test_curves_are_two_sines(monkeypatch):
    """But for the noise, two frequencies explain them."""
    x = forcing.curves(np.random.default_rng(0), (3,), 60)
    t = np.arange(60)
    for curve in x:
        best = min(
            _unexplained(curve, t, (p, q))
            for p in np.arange(8, 12.01, 0.05)
            for q in np.arange(3, 5.01, 0.05)
        )
        assert 0.03 < np.sqrt(best) < 0.09
    assert np.std(x) == pytest.approx(np.sqrt(0.5 * (1 + 0.25)), abs=0.05)


def _unexplained(curve, t, periods):
    waves = [f(2 * np.pi * t / p) for p in periods for f in (np.sin, np.cos)]
    basis, _ = np.linalg.qr(np.array(waves).T)
    return np.mean((curve - basis @ (basis.T @ curve)) ** 2)


def test_the_distance_of_each_window():
    data = forcing.curves(RANDOM, (200,), forcing.WRITTEN)
    made = forcing.curves(RANDOM, (200,), forcing.WRITTEN)
    made[:, -forcing.WINDOW :] *= 3
    found = forcing.distances(made, data)
    assert abs(found["early"]) < 0.05 < 1 < found["late"]


def test_claims():
    names = forcing.TEACHER, forcing.PROFESSOR
    found = {n: {"late": 2.0 - i, "nats": 1.0 - i} for i, n in enumerate(names)}
    assert all(holds(found) for holds in forcing.CLAIMS.values())
    found = dict(zip(names, [*found.values()][::-1]))
    assert not any(holds(found) for holds in forcing.CLAIMS.values())

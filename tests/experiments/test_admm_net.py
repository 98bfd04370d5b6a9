import numpy as np
import pytest
import tensorflow as tf

from tfgen.experiments import admm, admm_net
from tfgen.experiments.admm_net import LAMBDA, RHO, SIZE

RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def measured():
    """Images, and the frequencies that are known."""
    x = admm_net.phantoms(RANDOM, 3)
    return x, admm_net.mask() * np.fft.fft2(x, norm="ortho")


def test_the_images_and_the_frequencies(measured):
    x, _ = measured
    assert x.min() == 0 and 0.3 < x.max() <= 1
    P = admm_net.mask()
    assert P[0, 0] == 1 and 0.2 < P.mean() < 0.3
    # Real images: as a frequency is known, so is its mirror image.
    mirrored = np.roll(P[::-1, ::-1], (1, 1), (0, 1))
    np.testing.assert_array_equal(P, mirrored)


def test_filters_are_orthonormal_and_see_no_mean():
    filters = admm_net.cosines().reshape(8, 9)
    np.testing.assert_allclose(filters @ filters.T, np.eye(8), atol=1e-12)
    np.testing.assert_allclose(filters.sum(1), 0, atol=1e-12)


def test_a_transfer_function_is_that_of_a_circular_filter():
    filter_, x = (
        RANDOM.standard_normal((3, 3)),
        RANDOM.standard_normal((32, 32)),
    )
    H = np.tensordot(filter_.reshape(9), admm.places(), 1)
    found = np.fft.ifft2(H * np.fft.fft2(x)).real
    expected = sum(
        filter_[i, j] * np.roll(x, (i - 1, j - 1), (0, 1))
        for i in range(3)
        for j in range(3)
    )
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_an_iteration_solves_the_normal_equations(monkeypatch):
    """Of all pixels at once, with dense matrices."""
    monkeypatch.setattr(admm, "SIZE", 6)
    admm.places.cache_clear()
    n, rho, weight = 6, 0.3, 0.05
    P = (RANDOM.random((n, n)) < 0.5).astype(float)
    # Of a real image, so that the solution is real.
    P = np.maximum(P, np.roll(P[::-1, ::-1], (1, 1), (0, 1)))
    P[0, 0] = 1
    y = P * np.fft.fft2(RANDOM.standard_normal((n, n)), norm="ortho")
    pixels = np.eye(n * n).reshape(-1, n, n)
    F = np.fft.fft2(pixels, norm="ortho").reshape(n * n, -1).T
    H = np.tensordot(admm_net.cosines().reshape(8, 9), admm.places(), 1)
    D = [
        np.fft.ifft2(h * np.fft.fft2(pixels)).real.reshape(n * n, -1).T
        for h in H
    ]
    A = (F.conj().T @ np.diag(P.ravel()) @ F).real
    A += rho * sum(d.T @ d for d in D)
    data = (F.conj().T @ y.ravel()).real
    z, beta = np.zeros((8, n * n)), np.zeros((8, n * n))
    for _ in range(3):
        other = sum(d.T @ (a - b) for d, a, b in zip(D, z, beta))
        x = np.linalg.solve(A, data + rho * other)
        c = np.array([d @ x for d in D])
        v = c + beta
        z = np.sign(v) * np.maximum(abs(v) - weight / rho, 0)
        beta = v - z
    found = admm.solved(y[None], P, rho, weight, [3])[3]
    admm.places.cache_clear()
    np.testing.assert_allclose(found.ravel(), x, atol=1e-10)


def test_before_it_learns_a_network_is_the_solver(measured):
    _, y = measured
    made = admm_net.Network(3).images(tf.constant(y, tf.complex64))
    found = admm.solved(y, admm_net.mask(), RHO, LAMBDA, [2, 3])
    other, expected = found[2], found[3]
    np.testing.assert_allclose(made, expected, atol=2e-5)
    assert np.abs(other - expected).max() > 1e-3


def test_functions_are_linear_between_knots():
    S = RANDOM.standard_normal((2, 101)).astype(np.float32)
    v = RANDOM.uniform(-1, 1, (3, 2, 4, 4)).astype(np.float32)
    found = admm_net.piecewise_linear(v, S).numpy()
    for i in range(2):
        expected = np.interp(v[:, i], admm_net.KNOTS, S[i])
        np.testing.assert_allclose(found[:, i], expected, atol=1e-4)
    beyond = np.full((1, 2, 1, 1), 1.5, np.float32)
    found = admm_net.piecewise_linear(beyond, S).numpy().ravel()
    np.testing.assert_allclose(found, S[:, -1] + 0.5, rtol=1e-6)


def test_all_that_is_learnt_has_a_gradient(measured):
    x, _ = measured
    network = admm_net.Network(2)
    with tf.GradientTape() as tape:
        losses = network.per_example_losses(
            {"x": tf.constant(x, tf.float32)}, True
        )
    made = network.images(tf.signal.fft2d(tf.cast(x, tf.complex64)) / SIZE)
    expected = admm_net.error(made.numpy(), x)
    np.testing.assert_allclose(np.mean(losses["network"]), expected, rtol=1e-5)
    slopes = tape.gradient(losses, network.trainable_variables)
    assert all(np.abs(slope).max() > 0 for slope in slopes)


def test_frequencies_that_are_not_measured_do_not_count(measured):
    x, y = measured
    network = admm_net.Network(2)
    every = np.fft.fft2(x, norm="ortho")
    made = [
        network.images(tf.constant(a, tf.complex64)).numpy() for a in (y, every)
    ]
    np.testing.assert_array_equal(*made)


def test_the_tuned_solver_is_the_best_of_the_grid(measured):
    x, y = measured
    P = admm_net.mask()
    pair = admm.tuned(y, x, P, [1, 2])[2]
    best = admm_net.error(admm.solved(y, P, *pair, [2])[2], x)
    for rho, weight in ((0.1, 0.01), (1.0, 0.1), (0.01, 1e-3), (10.0, 1e-4)):
        other = admm_net.error(admm.solved(y, P, rho, weight, [2])[2], x)
        assert best <= other


def test_rows_tune_and_learn_on_training_images(monkeypatch):
    """Before it learns, a network's error is the solver's."""
    for name, value in {
        "TRAINED": 6,
        "TESTED": 4,
        "ITERATIONS": (3,),
        "STAGES": (3,),
    }.items():
        monkeypatch.setattr(admm_net, name, value)
    seen = {}

    def train(network, batch, *_, **__):
        seen["learnt"] = batch(RANDOM, (50,))["x"]

    def tuned(y, x, P, counts):
        seen["tuned"] = x
        return {n: (RHO, LAMBDA) for n in counts}

    monkeypatch.setattr(admm_net.training, "train", train)
    monkeypatch.setattr(admm_net, "tuned", tuned)
    found = admm_net.rows(0)
    random = np.random.default_rng(0)
    train_x, test_x = (admm_net.phantoms(random, n) for n in (6, 4))
    np.testing.assert_array_equal(seen["tuned"], train_x)
    learnt = {image.tobytes() for image in seen["learnt"]}
    assert learnt == {x.astype(np.float32).tobytes() for x in train_x}
    P = admm_net.mask()
    for name, x in {"training": train_x, "nmse": test_x}.items():
        y = P * np.fft.fft2(x, norm="ortho")
        filled = np.fft.ifft2(y, norm="ortho").real
        solved = admm.solved(y, P, RHO, LAMBDA, [3])[3]
        for row, images in {
            admm_net.FILLED: filled,
            "ADMM, 3 iterations": solved,
            "ADMM-Net, 3 stages": solved,
        }.items():
            expected = admm_net.error(images, x)
            np.testing.assert_allclose(found[row][name], expected, rtol=1e-3)


def test_claims():
    names = [row.name for row in admm_net.TABLE.rows]
    better = {name: {"nmse": 1 / (1 + i)} for i, name in enumerate(names)}
    assert all(holds(better) for holds in admm_net.CLAIMS.values())
    worse = {name: {"nmse": float(i)} for i, name in enumerate(names)}
    assert not any(holds(worse) for holds in admm_net.CLAIMS.values())

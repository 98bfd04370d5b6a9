import math

import numpy as np
import pytest
import tensorflow as tf

from tfgen import projection
from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.model import Latent, Model
from tfgen.projection import Search, mask_of, method, weights

RANDOM = np.random.default_rng(0)
N, D, Z, S = 5, 6, 3, 2


class Linear(Model):
    """X = A z + b, of a latent or of two."""

    def __init__(self, *sizes, prior="normal"):
        super().__init__(spec=DataSpec((D,)))
        self.latents = {
            f"z_{i}": Latent((size,), prior) for i, size in enumerate(sizes, 1)
        }
        self.A = RANDOM.standard_normal((D, sum(sizes))).astype(np.float32)
        self.b = RANDOM.standard_normal(D).astype(np.float32)

    def decode(self, *latents):
        return tf.concat(latents, 1) @ self.A.T + self.b


class Known(Linear):
    """Encodes, by the pseudo-inverse."""

    def encode(self, x):
        return (x - self.b) @ np.linalg.pinv(self.A).T


def call(name, model, search, *arrays):
    """Calls `complete` or `project`, compiled, from some noise."""
    size = (len(arrays[0]), search.starts * Z)
    noise = np.random.default_rng(1).standard_normal(size).astype(np.float32)
    function = method(model, name, search)
    arrays = [tf.constant(array) for array in (*arrays, noise)]
    return tf.function(function, autograph=False)(*arrays)


def examples(n=N):
    return RANDOM.standard_normal((n, D)).astype(np.float32)


@pytest.mark.parametrize("sizes", [(3,), (1, 2)])
def test_of_a_linear_generator_it_is_least_squares(sizes):
    model, x, search = Linear(*sizes), examples(), Search(1000, starts=S)
    found = call("project", model, search, x)
    if len(sizes) > 1:
        assert [*found] == ["z_1", "z_2"]
        found = np.concatenate([*found.values()], axis=1)
    expected = np.linalg.lstsq(model.A, (x - model.b).T, rcond=None)[0].T
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_completion_is_least_absolute_deviations(monkeypatch):
    """As a linear program has it, with W of vectors: the mask."""
    from scipy.optimize import linprog

    monkeypatch.setattr(projection, "_SMOOTH", 1e-4)
    model, x, search = Linear(Z), examples(), Search(3000, starts=S, prior=0.0)
    mask = np.array([1, 1, 0, 1, 1, 1], np.float32)
    masks = np.tile(mask, (N, 1))
    made = call("complete", model, search, x, masks).numpy()
    known = mask == 1
    np.testing.assert_array_equal(made[:, known], x[:, known])
    A, k = model.A[known], int(mask.sum())
    for row, y in zip(made, x - model.b):
        # min sum t, -t <= A z - y <= t.
        answer = linprog(
            np.r_[np.zeros(Z), np.ones(k)],
            np.block([[A, -np.eye(k)], [-A, -np.eye(k)]]),
            np.r_[y[known], -y[known]],
            bounds=(None, None),
        )
        expected = model.A @ answer.x[:Z] + model.b
        np.testing.assert_allclose(row[~known], expected[~known], atol=2e-2)


@pytest.mark.parametrize("kind", [Linear, Known])
def test_hidden_numbers_do_not_leak(kind):
    model, x, search = kind(Z), examples(), Search(20, starts=S)
    mask = RANDOM.integers(0, 2, (N, D)).astype(np.float32)
    made = call("complete", model, search, x, mask)
    for other in (np.nan, 1e30, -7.0):
        again = np.where(mask == 1, x, np.float32(other))
        again = call("complete", model, search, again, mask)
        np.testing.assert_array_equal(again, made)


def test_weights_are_shares_of_hidden_neighbours():
    mask = RANDOM.integers(0, 2, (2, 6, 5, 1)).astype(np.float32)
    expected = np.zeros_like(mask)
    for n, i, j, c in np.ndindex(*mask.shape):
        window = mask[n, max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2, c]
        expected[n, i, j, c] = mask[n, i, j, c] * np.mean(1 - window)
    np.testing.assert_allclose(weights(mask, 3), expected, atol=1e-6)


def test_a_search_is_never_worse_than_where_it_starts():
    """Without steps it is the encoder; steps that are too large do no harm."""
    model, x = Known(Z), examples()
    by_encoder = call("project", model, Search(0, starts=1), x)
    np.testing.assert_array_equal(by_encoder, model.encode(x))
    search = Search(3, rate=1e3, starts=S)
    both = call("project", model, search, x)
    np.testing.assert_array_equal(both, by_encoder)
    alone = Search(3, encoder=False, starts=S)
    error = np.abs(call("project", model, alone, x) - by_encoder)
    assert error.max(1).min() > 0.1


def test_what_the_prior_says_of_an_image_that_is_hidden():
    """The likeliest z; with a D, that which D takes for data."""
    search = Search(starts=S, prior=1.0)
    nothing = np.zeros((N, D), np.float32)
    model = Linear(Z)
    made = call("complete", model, search, examples(), nothing)
    np.testing.assert_allclose(made, np.tile(model.b, (N, 1)), atol=2e-2)

    best = examples(1)[0] @ model.A @ model.A.T + model.b

    def logit(y, z):
        assert z.shape[1] == Z
        return 3 - tf.reduce_sum(tf.square(y - best), 1)

    model.logit = logit
    made = call("complete", model, search, examples(), nothing)
    np.testing.assert_allclose(made, np.tile(best, (N, 1)), atol=2e-2)


def test_latents_stay_in_the_range_of_their_prior():
    model, search = Linear(Z, prior="uniform"), Search(50, starts=S)
    z = call("project", model, search, 100 * examples())
    assert 0.9 < np.abs(z).max() <= 1


def test_a_known_gray_level_is_the_middle_of_it():
    model, search = Known(Z), Search(0, starts=1)
    model.dequantized, model.spec = True, DataSpec((D,), 17)
    x = np.round(examples())
    z = call("project", model, search, x)
    np.testing.assert_allclose(z, model.encode(x + 0.5), atol=1e-6)


def test_parts_by_their_names():
    def picture(word):
        return mask_of(word, (4, 4, 1), 1)[0, ..., 0].astype(int).tolist()

    half = [1, 1, 0, 0]
    assert picture("right") == [half] * 4
    assert picture("left") == [half[::-1]] * 4
    assert picture("bottom") == [[1] * 4] * 2 + [[0] * 4] * 2
    assert picture("top") == [[0] * 4] * 2 + [[1] * 4] * 2
    assert picture("center") == [[1] * 4, [1, 0, 0, 1], [1, 0, 0, 1], [1] * 4]
    random = mask_of("0.3", (50, 50, 3), 2)
    assert math.isclose(random.mean(), 0.7, abs_tol=0.03)
    # All colours of a pixel; other pixels in each image.
    assert np.all(random == random[..., :1])
    assert np.any(random[0] != random[1])


@pytest.mark.parametrize("word", ["middle", "0", "1", "1.5", "nan", ""])
def test_other_parts_are_an_error(word):
    with pytest.raises(UserError, match=f"complete={word}: expected center, "):
        mask_of(word, (4, 4, 1), 1)


def test_settings_have_bounds():
    with pytest.raises(UserError, match="search.starts=0: expected at least 1"):
        Search(starts=0)


def test_an_encoder_that_does_not_read_all_latents_is_left_out():
    model, x = Known(Z), examples()
    model.unread = ("z_1",)
    mask = np.ones((N, D), np.float32)
    for name, given in (("complete", [x, mask]), ("project", [x])):
        made = call(name, model, Search(2, starts=S), *given)
        alone = call(name, model, Search(2, encoder=False, starts=S), *given)
        np.testing.assert_array_equal(made, alone)

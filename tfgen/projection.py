"""Latents of given examples, and what a decoder makes of hidden parts.

Completion: Raymond A. Yeh, Chen Chen, Teck Yian Lim, Alexander G. Schwing, Mark
Hasegawa-Johnson, Minh N. Do: Semantic Image Inpainting with Deep Generative
Models. CVPR 2017. arXiv:1607.07539.

    z* = argmin  |W (G(z) - x)|_1 + lambda log(1 - D(G(z)))
    W_i = sum_{j in N(i)} (1 - M_j) / |N(i)|  where x_i is known, else 0

M is 1 where x is known; N(i) is a window around i, of what lies in the image.
Projection: Jun-Yan Zhu, Philipp Krahenbuhl, Eli Shechtman, Alexei A. Efros:
Generative Visual Manipulation on the Natural Image Manifold. ECCV 2016.
arXiv:1609.03552, section 3.1.

    z* = argmin  |G(z) - x|^2, from E(x)

Both look for the normal numbers that the prior makes z of, so that z stays in
its range. What has no gradient (classes, bits) stays as it starts; the best of
the starts is taken. x is in units of [-1, 1], columns standardized.

What deviates, and why:
- A model without a D(x) to a logit has -log of the density of those numbers in
  the place of the term with D.
- Vectors have no neighbours: W is M.
- The hole is G's, not blended with its surroundings (Poisson).
- An encoder starts from x with G's own picture in the hole, again and again,
  and projections are not compared by features of a network.
- Adam's rate falls to 0, and small differences count as squares: so rounding,
  which is another in any batch, seldom changes a level by more than 0.001.
"""

import dataclasses
import functools
import math
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from tfgen import bounds
from tfgen.bounds import Count, CountOrNone, NotNegative, Odd, Positive
from tfgen.errors import UserError
from tfgen.model import Model
from tfgen.nn.cells import middle

# B batch, S starts, N normal numbers of all latents together.

SEARCHED = "complete", "project"
_SMOOTH = 0.1  # of |G(z) - x|, below which it is a square
PASSES = 10  # of an encoder over an example with a hole


@dataclasses.dataclass(frozen=True)
class Search:
    """How latents are found; without steps, by an encoder alone."""

    steps: CountOrNone = 300  # of Adam
    rate: Positive = 0.1  # Adam's first
    starts: Count = 16  # the best counts
    encoder: bool = True  # of all latents, if there is: gives the first start
    prior: NotNegative = 0.003  # lambda, of completions
    window: Odd = 7  # pixels a side of N(i)

    def __post_init__(self):
        """Checks the settings.

        Raises:
          SettingError: one is out of its bounds.
        """
        bounds.check(self, "search.")


BY_ENCODER = Search(steps=0, starts=1)  # alone


def mask_of(
    hidden: str, shape: tuple[int, ...], count: int, seed: int = 0
) -> np.ndarray:
    """Returns 1 where images are known, 0 where hidden, [count, H, W, C].

    Args:
      hidden: center (half as high and wide), left, right, top, bottom, or the
        share of pixels that are hidden at random, between 0 and 1.
      shape: (H, W, C).
      count: of images; random pixels are others in each.
      seed: of random pixels.

    Raises:
      UserError: no such part.
    """
    H, W, _ = shape
    sides = {
        "center": np.s_[:, H // 4 : H - H // 4, W // 4 : W - W // 4],
        "left": np.s_[:, :, : W // 2],
        "right": np.s_[:, :, W // 2 :],
        "top": np.s_[:, : H // 2],
        "bottom": np.s_[:, H // 2 :],
    }
    mask = np.ones((count, *shape), np.float32)
    if hidden in sides:
        mask[sides[hidden]] = 0
        return mask
    try:
        share = float(hidden)
    except ValueError:
        share = math.nan
    if not 0 < share < 1:
        raise UserError(
            f"complete={hidden}: expected {', '.join(sides)}, or a share of"
            " pixels between 0 and 1."
        )
    places = np.random.default_rng(seed).random((count, H, W, 1)) >= share
    return mask * places


def noise_size(model: Model, search: Search | None) -> int:
    """Returns how many normal numbers a row of `noise` has.

    Args:
      model: see `method`.
      search: likewise.
    """
    if search is None:
        return model.sample_noise
    return search.starts * model.latent_size


def method(model: Model, name: str, search: Search | None) -> Callable:
    """Returns a method of a model, or what a search makes of its `decode`.

    Args:
      model: has the one or the other.
      name: of a capability: `complete` or `project`, if there is a search.
      search: how; None is the model's own method.
    """
    if search is None:
        return model.capability(name)
    found = dict(zip(SEARCHED, (complete, project)))[name]
    return functools.partial(found, model, search)


def weights(mask: tf.Tensor, window: int) -> tf.Tensor:
    """Returns W, in the shape of the mask; see above.

    Args:
      mask: M, [B, H, W, C], or [B, D].
      window: pixels a side.
    """
    if len(mask.shape) != 4:
        return mask
    # Averages leave out what lies outside of the image.
    return mask * tf.nn.avg_pool2d(1 - mask, window, 1, "SAME")


def project(
    model: Model, search: Search, x: tf.Tensor, noise: tf.Tensor, **given
) -> tf.Tensor | dict[str, tf.Tensor]:
    """Returns the latents whose G(z) is nearest to x, as `encode` does.

    Args:
      model: can `decode`.
      search: how.
      x: [B, ...], as the data have it.
      noise: [B, S * N], where the search starts: standard normal times the
        temperature.
      **given: the model's conditions, [B, ...].
    """

    def loss(u, made, target, given):
        return _sum(tf.square(made - target))

    x = _middle(model, x)
    latents = model.prior(_found(model, x, None, noise, search, given, loss))
    named = dict(zip(model.latents, latents))
    return named if len(latents) > 1 else latents[0]


def complete(
    model: Model,
    search: Search,
    x: tf.Tensor,
    mask: tf.Tensor,
    noise: tf.Tensor,
    **given,
) -> tf.Tensor:
    """Returns x where mask is 1; elsewhere G(z*), [B, ...].

    Args:
      model: see `project`.
      search: likewise.
      x: likewise; what is hidden may be anything.
      mask: as x, 1 where x is known, else 0.
      noise: see `project`.
      **given: likewise.
    """
    hidden = mask < 0.5
    known = tf.where(hidden, tf.zeros_like(x), _middle(model, x))
    W = weights(tf.cast(~hidden, x.dtype), search.window)
    W = tf.repeat(W, search.starts, axis=0)

    def loss(u, made, target, given):
        if logit := model.capability("logit"):
            penalty = -tf.nn.softplus(logit(made, *model.prior(u), **given))
        else:
            penalty = 0.5 * _sum(tf.square(u))
        distance = tf.sqrt(tf.square(made - target) + _SMOOTH**2)
        return _sum(W * distance) + search.prior * penalty

    u = _found(model, known, hidden, noise, search, given, loss)
    return tf.where(hidden, _decoded(model, u, given, clip=True), x)


def _found(
    model: Model,
    x: tf.Tensor,
    hidden: tf.Tensor | None,
    noise: tf.Tensor,
    search: Search,
    given: Mapping[str, tf.Tensor],
    loss: Callable[..., tf.Tensor],
) -> tf.Tensor:
    """The normal numbers [B, N] of the least loss.

    Of (u, G(z), x, given), the loss is [B * S], images in units of [-1, 1].
    Nothing is hidden where `hidden` is None.
    """
    S, N = search.starts, model.latent_size
    u = tf.reshape(noise, [-1, S, N])
    if search.encoder and model.encodes_all:
        first = _encoded(model, x, hidden, u[:, 0], given)
        u = tf.concat([first[:, None], u[:, 1:]], axis=1)
    u = tf.reshape(u, [-1, N])
    target = tf.repeat(model.to_unit(x), S, axis=0)
    given = {name: tf.repeat(v, S, axis=0) for name, v in given.items()}

    most = max(search.steps, 1)

    def step(i, u, m, v, best, least):
        with tf.GradientTape() as tape:
            tape.watch(u)
            made = model.to_unit(_decoded(model, u, given))
            value = loss(u, made, target, given)
        g = tape.gradient(value, u, unconnected_gradients="zero")
        best = tf.where((value < least)[:, None], u, best)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * tf.square(g)
        t = tf.cast(i, u.dtype)
        rate = search.rate * (0.5 + 0.5 * tf.cos(math.pi * t / most))
        m_hat, v_hat = m / (1 - 0.9 ** (t + 1)), v / (1 - 0.999 ** (t + 1))
        u -= rate * m_hat / (tf.sqrt(v_hat) + 1e-8)
        return i + 1, u, m, v, best, tf.minimum(value, least)

    zero, least = tf.zeros_like(u), tf.fill(tf.shape(u)[:1], np.inf)
    # The last step alone looks at what the one before it found.
    *_, best, least = tf.while_loop(
        lambda i, *_: i <= search.steps, step, (0, u, zero, zero, u, least)
    )
    place = tf.argmin(tf.reshape(least, [-1, S]), axis=1)
    return tf.gather(tf.reshape(best, [-1, S, N]), place, batch_dims=1)


def _encoded(model, x, hidden, u, given):
    """Normal numbers of E(x), what is hidden filled in with G's own, [B, N]."""

    def code(x):
        return model.to_normal(model.encode(x, **given))

    if hidden is None:
        return code(x)

    def fill(i, u):
        made = _decoded(model, u, given, clip=True)
        return i + 1, code(tf.where(hidden, made, x))

    return tf.while_loop(lambda i, _: i < PASSES, fill, (0, u))[1]


def _decoded(model, u, given, clip=False):
    """G(z) of normal numbers, in the size of x."""
    x, shape = model.decode(*model.prior(u), **given), model.spec.shape
    if x.shape[1:] != shape:
        x = tf.image.resize(x, shape[:2])
    if clip and (levels := np.float32(model.spec.levels)):
        x = tf.clip_by_value(x, 0, np.nextafter(levels, np.float32(0)))
    return x


def _middle(model, x):
    """The middle of a level k, if the model's is [k, k + 1)."""
    return middle(x, model.spec.x) if model.dequantized else x


def _sum(values):
    return tf.reduce_sum(values, range(1, len(values.shape)))

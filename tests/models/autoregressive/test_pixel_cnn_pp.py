import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp

from tests import tolerances
from tests.bijectors import checks
from tests.models.autoregressive.states import states
from tests.models.test_pixels import build
from tfgen.models.autoregressive.pixel_cnn_pp import PRESETS

pytestmark = pytest.mark.usefixtures("float64")
LEVELS, K = 5, 2


def test_colours_share_a_mixture():
    """Eqs. 1 to 3, with TFP's logistics in cells, of a single pixel."""
    model = build("pixel_cnn_pp", (1, 1, 3), LEVELS)
    x = states((1, 1, 3), LEVELS)
    # A first pixel is given nothing.
    shown = []
    model.network.out.call = _listening(model.network.out.call, shown)
    log_p = model.log_prob(x)
    (h,) = np.unique(
        np.round(shown[0], 12).reshape(-1, shown[0].shape[-1]), axis=0
    )
    logits, *h = np.split(h, h.size // K)
    (m_r, m_g, m_b), scales, (a, b, c) = h[:3], h[3:6], np.tanh(h[6:])
    levels = x.numpy().reshape(-1, 3).T
    unit = (2 * levels / (LEVELS - 1) - 1)[..., None]
    means = [
        m_r + 0 * unit[0],
        m_g + a * unit[0],
        m_b + b * unit[0] + c * unit[1],
    ]
    joint = np.log(np.exp(logits) / np.sum(np.exp(logits)))
    for level, mean, scale in zip(levels, means, scales):
        joint = joint + _in_cells(mean, scale).log_prob(level[:, None])
    expected = np.log(np.sum(np.exp(joint), axis=1))
    np.testing.assert_allclose(log_p, expected, rtol=1e-8)


def _listening(call, shown):
    def listening(x):
        shown.append(call(x).numpy())
        return shown[-1]

    return listening


def _in_cells(mean, log_scale):
    """On the scale of levels; TFP's cell x is from x - 1 to x."""
    half = (LEVELS - 1) / 2
    logistic = tfp.distributions.Logistic(
        half * (mean + 1) - 0.5, half * np.exp(log_scale)
    )
    return tfp.distributions.QuantizedDistribution(
        logistic, low=0.0, high=LEVELS - 1.0
    )


def test_ways_down_see_the_ways_up():
    """Links alone: a unit whose second convolution is 0 passes its input on."""
    model = build("pixel_cnn_pp", (3, 3, 1), blocks=2)
    network, x = model.network, checks.normal(1, 3, 3, 1)
    before = network(x).numpy()
    for _, skip in network.down:
        skip.bias.assign_add(tf.ones_like(skip.bias))
        assert np.all(network(x) != before)
        skip.bias.assign_add(-tf.ones_like(skip.bias))
    for _, skip, _ in network.rows_down:
        skip.bias.assign_add(tf.ones_like(skip.bias))
        assert np.any(network(x) != before)
        skip.bias.assign_add(-tf.ones_like(skip.bias))


def test_kernels_have_length_g():
    conv = build("pixel_cnn_pp").network.out
    length = tf.norm(tf.reshape(conv.kernel(), [-1, conv.filters]), axis=0)
    np.testing.assert_allclose(length, np.abs(conv.g), **tolerances.EXACT)


def test_settings_of_the_code():
    network, train = PRESETS["cifar10"].network, PRESETS["cifar10"].train
    assert (network.features, network.components) == (160, 10)
    assert (train.ema_decay, train.batch_size) == (0.9995, 16 * 8)

import keras
import numpy as np
import pytest

from tests.tolerances import FLOAT32
from tfgen.errors import UserError
from tfgen.evaluate.inception import Inception, network_input


@pytest.mark.slow
# Keras writes weights so.
@pytest.mark.filterwarnings("ignore:__array__ impl:DeprecationWarning")
def test_features_are_those_of_the_network(tmp_path):
    """Whose inputs Keras makes of 256 gray levels."""
    network = keras.applications.InceptionV3(weights=None)
    path = tmp_path / "a.weights.h5"
    network.save_weights(path)
    x = np.random.default_rng(0).integers(0, 256, (2, 30, 20, 3))
    got = Inception(path, (30, 20, 3), 256).describe(x)
    large = keras.ops.image.resize(x.astype(np.float32), (299, 299))
    inputs = keras.applications.inception_v3.preprocess_input(large)
    layers = [network.get_layer("avg_pool").output, network.output]
    expected = keras.Model(network.input, layers)(inputs)
    for value, other in zip(got, expected):
        np.testing.assert_allclose(value, other, **FLOAT32)
    assert got.features.shape == (2, 2048)


def test_gray_images_have_three_equal_channels():
    x = np.array([0.0, 16.0]).reshape(1, 1, 2, 1)
    y = network_input(x, levels=17)
    assert y.shape == (1, 299, 299, 3)
    assert np.all(y[..., :1] == y)
    assert (np.min(y), np.max(y)) == (-1, 1)


@pytest.mark.parametrize(
    "shape, message",
    [
        ((8, 8, 1), r"inception=.*a\.h5: not the weights of Keras's Incep"),
        ((8, 8, 2), r"inception: examples of shape \(8, 8, 2\); expected"),
        ((2,), r"inception: examples of shape \(2,\); expected images"),
    ],
)
def test_mistakes(tmp_path, shape, message):
    with pytest.raises(UserError, match=message):
        Inception(tmp_path / "a.h5", shape, 17)

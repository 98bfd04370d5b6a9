import numpy as np
import pytest

from tfgen.data import catalog, mixed_sources
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError

N = 64 * 100


def load(name="mixed_sources_2", n=N, seed=0):
    return catalog.load(DataConfig(name, num_examples=n), seed)


def together(source):
    splits = source.splits.values()
    return {
        k: np.concatenate([s[k] for s in splits])
        for k in source.splits["train"]
    }


def test_every_split_has_as_many_of_each_segment():
    for split, each in ("train", 80), ("validation", 10), ("test", 10):
        label = load().splits[split]["label"]
        np.testing.assert_array_equal(np.bincount(label), np.full(64, each))


def test_sources_are_laplacian_of_the_scales():
    """E|s| is the scale, E s^2 twice its square."""
    data, scales = together(load(n=64 * 4000)), mixed_sources.scales(0)
    s = data["sources"] / scales[data["label"]]
    assert s.shape == (64 * 4000, 5)
    np.testing.assert_allclose(np.abs(s).mean(0), 1, atol=0.01)
    np.testing.assert_allclose(np.square(s).mean(0), 2, atol=0.05)
    assert np.max(np.abs(np.corrcoef(s.T) - np.eye(5))) < 0.01
    assert scales.min() > 0 and scales.max() < 1


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_x_is_an_invertible_mixture(layers):
    data = together(load(f"mixed_sources_{layers}"))
    x, s = data["x"].astype(float), data["sources"].astype(float)
    np.testing.assert_allclose(x, mixed_sources.mix(s, layers, 0), atol=1e-5)
    A, *_ = np.linalg.lstsq(s, x, rcond=None)
    residual = np.abs(s @ A - x).max()
    assert residual < 1e-5 if layers == 1 else residual > 0.01
    # The Jacobian, at points away from the bends, in float64.
    step = 1e-7 * np.eye(5)
    for point in s[:20]:
        moved = mixed_sources.mix(np.stack([point] * 5) + step, layers, 0)
        jacobian = (moved - mixed_sources.mix(point[None], layers, 0)) / 1e-7
        assert np.linalg.cond(jacobian) < 5000


def test_posterior_is_bayes_rule():
    """By Laplace densities, one by one."""
    s = np.random.default_rng(0).normal(size=(4, 5))
    scales = mixed_sources.scales(3)
    density = np.exp(-np.abs(s)[:, None] / scales) / (2 * scales)
    joint = density.prod(2)
    np.testing.assert_allclose(
        np.exp(mixed_sources.posterior(s, 3)),
        joint / joint.sum(1, keepdims=True),
        rtol=1e-9,
    )


def test_as_many_sources_and_segments_as_the_papers():
    settings = {"sources": 20, "segments": 256, "num_examples": 2560}
    source = catalog.load(DataConfig("mixed_sources_2", **settings), 0)
    data, spec = together(source), source.spec
    assert (spec.shape, spec.num_classes) == ((20,), 256)
    np.testing.assert_array_equal(np.bincount(data["label"]), np.full(256, 10))
    x, s = data["x"].astype(float), data["sources"].astype(float)
    np.testing.assert_allclose(x, mixed_sources.mix(s, 2, 0), atol=1e-5)
    assert mixed_sources.posterior(s, 0, 256).shape == (2560, 256)
    settings["num_examples"] = 2559
    with pytest.raises(UserError, match=r"=2559: expected at least 2560, ten"):
        catalog.load(DataConfig("mixed_sources_2", **settings), 0)


def test_seeds_and_sizes():
    assert load(seed=0).digest("train") == load(seed=0).digest("train")
    assert load(seed=0).digest("train") != load(seed=1).digest("train")
    with pytest.raises(UserError, match=r"num_examples=639: .* at least 640"):
        load(n=639)

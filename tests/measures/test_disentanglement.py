"""Measures of codes whose factors are known, by codes that are known."""

import functools
import math

import numpy as np
import pytest
import tensorflow as tf
from scipy.linalg import hadamard
from scipy.stats import entropy

from tfgen import measures
from tfgen.config import DataSpec, Field
from tfgen.errors import UserError
from tfgen.measures import (
    Options,
    beta_vae_score,
    codes,
    dci,
    factor_vae_score,
    label_information,
    mig,
    sap,
)
from tfgen.model import Latent, Model
from tfgen.run import Run

N = 4_000
SIZES = {"label": 3, "size": 6, "place": 16, "gray": 4}
ALL = ("mig", "sap", "dci", "beta_vae_score", "factor_vae_score")


@functools.cache
def factors(n=N):
    random = np.random.default_rng(0)
    kinds = {"label": np.int32}
    return {
        name: random.integers(size, size=n).astype(kinds.get(name, np.float32))
        for name, size in SIZES.items()
    }


def standardized():
    z = np.stack(list(factors().values()), axis=1).astype(float)
    return (z - z.mean(0)) / z.std(0)


def noise(count):
    return np.random.default_rng(1).standard_normal((N, count))


CODES = {
    # Another order and other units, and numbers that say nothing.
    "perfect": lambda: np.hstack(
        [standardized()[:, [2, 0, 3, 1]] * [-9, 1, 0.01, 3] + 5, noise(3)]
    ),
    "rotated": lambda: standardized() @ hadamard(4) / 2,
    "constant": lambda: np.ones((N, 4)),
    "noise": lambda: noise(4),
}


@functools.cache
def figures(name):
    found = CODES[name](), factors()
    return {
        **mig.mig(*found),
        **sap.sap(*found),
        **dci.dci(*found),
        **beta_vae_score.score(*found),
        **factor_vae_score.score(*found),
    }


def test_a_perfect_code():
    found = figures("perfect")
    assert {f"mig_{name}" for name in SIZES} < found.keys()
    # But for what a histogram of noise seems to know.
    assert found["mig"] > 0.98
    # R^2 and accuracy are 1; thresholds guess a third of the label anyway.
    assert found["sap"] == pytest.approx(0.92, abs=0.02)
    for name in ("disentanglement", "completeness", "informativeness"):
        assert found[name] == pytest.approx(1, abs=1e-6)
    assert found["beta_vae_score"] == found["factor_vae_score"] == 1


def test_a_rotated_code():
    """It says as much, and no number of it says what."""
    found = figures("rotated")
    assert found["informativeness"] > 0.9
    assert found["mig"] < 0.05
    assert found["sap"] < 0.1
    assert found["disentanglement"] < 0.3
    assert found["completeness"] < 0.3
    assert found["factor_vae_score"] < 0.95


def test_codes_that_say_nothing():
    for name in ("constant", "noise"):
        found = figures(name)
        assert found["mig"] < 0.01
        assert found["sap"] < 0.02
        assert found["disentanglement"] < 0.1
        assert found["completeness"] < 0.1
        assert found["informativeness"] < 0.12
        assert found["beta_vae_score"] == pytest.approx(1 / 4, abs=0.03)
    assert figures("noise")["factor_vae_score"] == pytest.approx(
        1 / 4, abs=0.03
    )
    constant = figures("constant")
    assert constant["factor_vae_score"] == constant["mig"] == 0
    assert constant["disentanglement"] == pytest.approx(0, abs=1e-6)


def test_information_of_a_table():
    """Eq. of I(z; v), summed by hand over a joint table of counts."""
    table = np.array([[30, 10, 0], [5, 15, 40]])
    v, z = np.repeat(np.indices(table.shape).reshape(2, -1), table.ravel(), 1)
    p = table / table.sum()
    outer = p.sum(1, keepdims=True) * p.sum(0)
    expected = (p[p > 0] * np.log(p[p > 0] / outer[p > 0])).sum()
    of_v = -(p.sum(1) * np.log(p.sum(1))).sum()
    known, H = mig.information(z[:, None].astype(float), {"v": v})
    assert known[0, 0] == pytest.approx(expected, rel=1e-9)
    assert H[0] == pytest.approx(of_v, rel=1e-9)
    # With a copy, the second number knows as much; alone, the gap is all.
    copies = np.stack([z, z], axis=1).astype(float)
    assert mig.mig(copies, {"v": v})["mig"] == pytest.approx(0, abs=1e-12)
    alone = mig.mig(copies[:, :1], {"v": v})["mig"]
    assert alone == pytest.approx(expected / of_v)


def test_bins_have_equal_widths():
    z = np.concatenate([np.linspace(0, 0.049, 50), [1.0]])[:, None]
    known, _ = mig.information(z, {"v": np.arange(51) % 2})
    # 50 numbers fall into the first of 20 bins, and the last is alone.
    n = np.array([[26, 25], [25, 25]])
    p, q = n / n.sum(1, keepdims=True)
    expected = -(p * np.log(p)).sum() + 50 / 51 * (q * np.log(q)).sum()
    assert known[0, 0] == pytest.approx(expected, rel=1e-9)


def test_scores_of_a_line_and_of_thresholds():
    """R^2 of numbers, balanced accuracy of classes; best less second."""
    random = np.random.default_rng(0)
    factor = random.integers(4, size=N).astype(np.float32)
    z = np.stack([factor + random.normal(0, 1, N), random.normal(0, 1, N)], 1)
    r2 = [np.corrcoef(factor, column)[0, 1] ** 2 for column in z.T]
    assert sap.sap(z, {"v": factor})["sap"] == pytest.approx(r2[0] - r2[1])
    # The middle class of three, on a line, needs two thresholds.
    label = (np.arange(300) % 3).astype(np.int32)
    place = np.array([1.0, 0.0, 2.0])[label]
    assert sap.sap(place[:, None], {"label": label})["sap"] == 1
    # Each class weighs the same, whatever its share.
    rare = (np.arange(300) % 10 == 0).astype(np.int32)
    even = np.arange(300)[:, None] % 2 * 1.0
    found = sap.sap(even, {"rare": rare})["sap"]
    assert found == pytest.approx((1 + 150 / 270) / 2)


def test_concentration_of_importances():
    """Sections 2 of the paper: 1 - H / log, weighted by the sums."""
    R = np.array([[1.0, 0.0, 2.0], [1.0, 0.0, 0.0]])
    assert dci.concentration(R) == pytest.approx(0.5 * 0 + 0.5 * 1)
    p = np.array([0.9, 0.1])
    H = -(p * np.log2(p)).sum()
    assert dci.concentration(p[:, None]) == pytest.approx(1 - H)


def test_groups_are_alike_in_their_factor():
    factor = factors()["size"]
    random = np.random.default_rng(0)
    first = random.integers(N, size=(50, 64))
    second = codes.alike(factor, first, random)
    np.testing.assert_array_equal(factor[first], factor[second])
    assert (first != second).mean() > 0.99
    # All of a value can be drawn, none more often than others.
    ones = np.full(200_000, np.flatnonzero(factor == 1)[0])
    counts = np.bincount(codes.alike(factor, ones, random), minlength=N)
    assert (counts > 0).sum() == (factor == 1).sum()
    assert counts.max() < 2 * counts.sum() / (factor == 1).sum()


def test_label_information():
    label = factors()["label"][:1000]
    H = entropy(np.bincount(label))
    # The other half's entropy is that of all, nearly.
    known = label_information.information(
        label[:, None] * 1.0, {"label": label}
    )
    assert known["label_information"] == pytest.approx(H, abs=0.02)
    assert known["label_entropy"] == pytest.approx(H, abs=0.02)
    nothing = label_information.information(noise(3)[:1000], {"label": label})
    assert nothing["label_information"] == 0
    # Two Gaussians: the integral over the line, and no more than that.
    two = np.random.default_rng(2).integers(2, size=N)
    z = noise(1) + 2 * two[:, None]
    line = np.linspace(-8, 10, 10_001)
    p = np.exp(-((line - np.array([[0], [2]])) ** 2) / 2) / math.sqrt(
        2 * math.pi
    )
    mean = p.mean(0)
    exact = (p * np.log(p / mean)).mean(0).sum() * (line[1] - line[0])
    found = label_information.information(z, {"label": two})[
        "label_information"
    ]
    assert exact - 0.1 < found < exact + 0.02


class Copy(Model):
    """Its code is x."""

    def __init__(self, conditions=()):
        super().__init__(spec=SPEC)
        self.latents = {"z": Latent((4,))}
        self.conditions = conditions

    def encode(self, x, **given):
        assert given.keys() == set(self.conditions)
        return tf.identity(x)


class Halves(Copy):
    """Two latents: the label, and the rest."""

    def __init__(self):
        super().__init__()
        self.latents = {"z_1": Latent((3,)), "z_2": Latent((1,))}

    def encode(self, x):
        return {"z_2": x[:, :1], "z_1": x[:, 1:]}


NAMES = tuple(SIZES)[1:]
SPEC = DataSpec((4,), 0, 3, fields=(Field("factors", (3,), names=NAMES),))


def run_of(tmp_path, **changed):
    x = np.stack(list(factors().values()), axis=1).astype(np.float32)
    arrays = {"x": x, "label": factors()["label"], "factors": x[:, 1:]}
    data = {name: array[:600] for name, array in (arrays | changed).items()}
    return Run.start(tmp_path, "bigan", "tiny", data)


def test_codes_of_a_run(tmp_path, monkeypatch):
    """A small test split is measured with the others; names are the data's."""
    run, model = run_of(tmp_path), Copy()
    monkeypatch.setattr(type(run.data), "spec", SPEC, raising=False)
    assert codes.has_factors(model, SPEC)
    found = codes.coded(run, model, "test")
    assert len(found.codes) == 600
    # Fields of arrays have no names.
    assert list(found.factors) == ["label", "0", "1", "2"]
    for numbers, factor in zip(found.codes.T, found.factors.values()):
        np.testing.assert_array_equal(numbers, factor)
    assert codes.coded(run, model, "test") is found
    # What it is conditional on is no part of the code.
    given = codes.coded(run, Copy(("label",)), "test")
    assert list(given.factors) == ["0", "1", "2"]
    assert measures.module("label_information").measure(
        run, model, "test", Options()
    )


def test_label_information_of_each_latent(tmp_path, monkeypatch):
    """In the order of the model's latents, whatever `encode` has."""
    run = run_of(tmp_path)
    coded = codes.coded(run, Halves(), "test")
    np.testing.assert_array_equal(coded.codes[:, 3], coded.factors["label"])
    monkeypatch.setattr(
        label_information,
        "information",
        lambda z, factors: {"label_information": z.shape[1]} if factors else {},
    )
    measure = label_information.measure
    assert measure(run, Halves(), "test", Options()) == {
        "label_information": 4,
        "label_information_z_1": 3,
        "label_information_z_2": 1,
    }
    assert len(measure(run, Copy(), "test", Options())) == 1


def test_what_cannot_be_measured(tmp_path):
    half = np.arange(600)[:, None] / 2
    with pytest.raises(UserError, match="factor 0 has real numbers; expected"):
        codes.coded(run_of(tmp_path / "a", factors=half), Copy(), "test")
    run = run_of(tmp_path / "b", factors=np.ones((600, 1)))
    assert list(codes.coded(run, Copy(), "test").factors) == ["label"]
    for name in ("beta_vae_score", "factor_vae_score"):
        assert (
            measures.module(name).measure(run, Copy(), "test", Options()) == {}
        )
    assert codes.coded(run, Model(), "test") is None
    assert not codes.has_factors(Copy(), DataSpec((4,), num_classes=3))


def test_they_apply_to_sprites(tmp_path):
    settings = ["image_size=8", "num_examples=500"]
    run = Run.start(tmp_path, "bigan", "tiny", "sprites", settings)
    built = run.build_model()
    values = {}
    for name in (*ALL, "label_information"):
        measure = measures.module(name)
        assert measure.applies(built, run.config.spec)
        values |= measure.measure(run, built, "test", Options())
    assert {"mig", "mig_angle", "sap", "completeness"} < values.keys()
    assert all(0 <= v <= 1 for n, v in values.items() if "label_" not in n)

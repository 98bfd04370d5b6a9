"""The library for Python: arrays in, arrays out."""

import importlib
import json
import pathlib
import pkgutil
import re

import numpy as np
import pytest
import tensorflow as tf

import tfgen
import tfgen.library
from tfgen.capabilities import signatures
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError
from tfgen.projection import Search

ROOT = pathlib.Path(__file__).parents[1]
TINY = {"preset": "tiny", "steps": 2}


@pytest.fixture(scope="module")
def digits():
    """x [1797, 8, 8] uint8 and label, in one array each."""
    splits = DataConfig("digits").load(0).source.splits.values()
    return {
        name: np.concatenate([split[name] for split in splits])
        for name in ("x", "label")
    }


@pytest.fixture(scope="module")
def flow(tmp_path_factory):
    """A conditional flow on the digits by name."""
    network = {"conditional": True, "scales": 1, "blocks": 0}
    return tfgen.fit(
        "real_nvp",
        workdir=tmp_path_factory.mktemp("flow"),
        settings={f"network.{name}": value for name, value in network.items()},
        **TINY,
    )


def test_the_cache_can_be_named(tmp_path, monkeypatch):
    monkeypatch.setattr(tfgen.library.ArrayRun, "train", lambda *_: None)
    run = tfgen.fit("gan", "moons", tmp_path, cache_dir="mine", **TINY)
    assert run.cache_dir == "mine"
    monkeypatch.setattr(tfgen.library.ArrayRun, "resume", lambda *_, data: run)
    assert tfgen.load(tmp_path, cache_dir="other").cache_dir == "other"


def test_doors_stay_functions():
    """Importing a submodule of the same name would overwrite them."""
    for module in pkgutil.walk_packages(tfgen.__path__, "tfgen."):
        importlib.import_module(module.name)
    for _ in range(2):  # the first call imports what it needs
        assert [row["model"] for row in tfgen.zoo()].count("real_nvp") == 1
        with pytest.raises(UserError, match="model=no: unknown"):
            tfgen.fit("no")
        with pytest.raises(UserError, match="there is no config.json"):
            tfgen.load("no such folder")
    assert re.fullmatch(r"\d+\.\d+\.\d+", tfgen.__version__)


def test_arrays_train_and_resume(tmp_path, digits, caplog):
    x = digits["x"][..., 0]
    run = tfgen.fit("gan", data=x, workdir=tmp_path, **TINY)
    assert run.config.data.name == "arrays"
    assert run.config.spec.shape == (8, 8, 1)
    held = json.loads((tmp_path / "data.json").read_text())
    assert {s: v["examples"] for s, v in held["splits"].items()} == {
        "train": 1437,
        "validation": 180,
        "test": 180,
    }
    # Other data are said once: then the run is one of them.
    x = x[:-9]
    run = tfgen.fit("gan", data=x, workdir=tmp_path, preset="tiny", steps=4)
    (line,) = [m for m in caplog.messages if "other data" in m]
    assert "train has 1430 examples, not 1437" in line
    assert line.endswith("; some of them may have been trained on.")
    caplog.clear()
    assert run.sample(3).shape == (3, 8, 8, 1)
    assert tfgen.load(tmp_path).decode(np.zeros((2, 3))).shape == (2, 8, 8, 1)
    with pytest.raises(UserError, match=r"data=arrays: these came from Py"):
        tfgen.load(tmp_path).evaluate()
    assert "frechet_distance" in tfgen.load(tmp_path, data=x).evaluate()
    assert not [m for m in caplog.messages if "other data" in m]


def test_datasets_and_few_labels(tmp_path, digits):
    dataset = tf.data.Dataset.from_tensor_slices(digits)
    run = tfgen.fit("ladder", data=dataset, workdir=tmp_path, **TINY)
    found = run.classify(digits["x"][:300])
    assert found["label"].shape == (300,)
    np.testing.assert_allclose(found["probabilities"].sum(1), 1, rtol=1e-5)
    assert run.energy(digits["x"][:2]).shape == (2,)
    assert run.reconstruct(digits["x"][:2]).shape == (2, 8, 8, 1)


def test_log_prob_is_the_reported_figure(flow):
    """Minus the nats of the evaluation, up to the error of the draws."""
    figures = flow.evaluate(draws=10)
    split = flow.data.source.splits["test"]
    found = flow.log_prob(split["x"], label=split["label"])
    assert found.shape == (len(split["x"]),)
    error = figures["nats_std_error"]
    assert abs(-found.mean() - figures["nats"]) < 3 * 2**0.5 * error


def test_log_prob_is_what_servers_answer(flow):
    """Of an example alone, whichever others are beside it, and how often."""
    split = flow.data.source.splits["test"]
    x, label = (np.concatenate([split[n][:5]] * 2) for n in ("x", "label"))
    x = x.astype(np.float32)
    found = flow.log_prob(x, label=label)
    np.testing.assert_array_equal(found[:5], found[5:])
    served = signatures(flow.model)["log_prob"].function(x, label)["log_prob"]
    np.testing.assert_allclose(found, served, rtol=1e-5)
    backwards = flow.log_prob(x[::-1], label=label[::-1])[::-1]
    np.testing.assert_allclose(found, backwards, rtol=1e-6)
    few, many = (
        flow.of_draws("log_prob", x, n, np.arange(10), label=label)
        for n in (3, 10)
    )
    assert (few.shape, many.shape) == ((3, 10), (10, 10))
    np.testing.assert_allclose(few, many[:3], rtol=1e-6)


# Normal noise, and uniform, where the last bit of a probability may decide.
@pytest.mark.parametrize("model, rtol", [("iwae", 1e-5), ("vimco", 1e-3)])
def test_elbo_is_the_reported_figure(tmp_path, model, rtol):
    """Minus the bound of the evaluation, draw by draw."""
    settings = {"network.conditional": True}
    run = tfgen.fit(model, workdir=tmp_path, settings=settings, **TINY)
    bound = run.evaluate(["metrics"], draws=3)["negative_bound_k3"]
    split = run.data.source.splits["test"]
    given = {"label": split["label"]}
    found = run.elbo(split["x"], draws=3, **given)
    np.testing.assert_allclose(-found.mean(), bound, rtol=rtol)
    again = run.reconstruct(split["x"][:9], label=3)
    assert again.shape == (9, 8, 8, 1)
    assert np.all((again >= 0) & (again <= 1))
    with pytest.raises(UserError, match=f"{model}: has no log_prob"):
        run.log_prob(split["x"], **given)
    with pytest.raises(UserError, match="^draws=0: expected at least 1"):
        run.elbo(split["x"], draws=0, **given)


@pytest.mark.parametrize(
    "model, names",
    [
        ("vae", ["z", "stddev"]),
        ("vlae", ["z_1", "z_2", "stddev_1", "stddev_2"]),
    ],
)
def test_a_code_has_a_mean_and_a_deviation(tmp_path, model, names):
    """By name: in Python, in a file of scores, and as servers say them."""
    run = tfgen.fit(model, workdir=tmp_path, **TINY)
    x = run.data.source.splits["test"]["x"][:9].astype(np.float32)
    found = run.posterior(x)
    assert list(found) == names
    mean, stddev = run.model.posterior(x)
    half = len(names) // 2
    both = [
        np.concatenate([found[n] for n in part], axis=1)
        for part in (names[:half], names[half:])
    ]
    np.testing.assert_allclose(both, [mean, stddev], rtol=1e-5)
    np.savez(tmp_path / "x.npz", x=x)
    run.score(tmp_path / "x.npz", tmp_path / "z.npz", "encode")
    served = signatures(run.model)["encode"].function(x)
    with np.load(tmp_path / "z.npz") as scored:
        for name in names:
            np.testing.assert_allclose(scored[name], served[name], rtol=1e-5)


def test_a_flow_goes_there_and_back(flow):
    x = flow.sample(300, label=3, seed=1)
    z = flow.encode(x, label=3)
    np.testing.assert_allclose(flow.decode(z, label=3), x, rtol=1e-3, atol=1e-2)
    np.testing.assert_array_equal(x, flow.sample(300, label=3, seed=1))
    assert np.any(x != flow.sample(300, label=[3] * 299 + [4], seed=1))
    assert np.any(x[:4] != flow.sample(4, label=3, seed=2))


def test_a_flow_of_points(tmp_path):
    points = np.random.default_rng(0).standard_normal((300, 2))
    run = tfgen.fit("real_nvp", data=points, workdir=tmp_path, **TINY)
    assert run.log_prob(points[:7]).shape == (7,)
    assert run.encode(points[:7]).shape == (7, 2)


def test_sentences(tmp_path):
    run = tfgen.fit("inner_attention", workdir=tmp_path, **TINY)
    found = run.classify([("A dog runs.", "An animal moves."), ("It.", "Is.")])
    assert found["probabilities"].shape == (2, 3)
    with pytest.raises(UserError, match="inner_attention: has no sample"):
        run.sample()


@pytest.mark.parametrize(
    "use, message",
    [
        (lambda run: run.energy(0), "real_nvp: has no energy"),
        (lambda run: run.encode(np.ones((2, 8))), r"examples of shape \(8,\)"),
        (
            lambda run: run.encode(np.ones((2, 8, 8))),
            "real_nvp: conditions none; expected label",
        ),
        (lambda run: run.sample(2, label=10), "label: expected 0 to 9, got 10"),
        (lambda run: run.decode(np.ones((2, 3)), label=0), "expected .*64"),
        (lambda run: run.log_prob(np.ones((1, 8, 8)) / 2), "not whole"),
        (lambda run: run.log_prob(np.ones((1, 8, 8)), 0), "draws=0"),
        (lambda run: run.export(quantize="int9"), "^quantize=int9: unknown"),
    ],
)
def test_errors(flow, use, message):
    with pytest.raises(UserError, match=message):
        use(flow)


def test_pairs_are_no_arrays(tmp_path):
    with pytest.raises(UserError, match="expected a name, such as pairs:PATH"):
        tfgen.fit("inner_attention", data=np.ones((9, 2)), workdir=tmp_path)


def test_no_way_between_codes_without_their_noise(tmp_path):
    run = tfgen.fit("infogan", workdir=tmp_path, preset="tiny", steps=1)
    x = np.zeros((8, 8, 1))
    with pytest.raises(UserError, match="infogan: encode gives no z; a way"):
        run.way(x, x)


def test_no_way_between_bits_that_draws_alone_make(tmp_path):
    run = tfgen.fit("vimco", workdir=tmp_path, preset="tiny", steps=1)
    x = np.zeros((8, 8, 1))
    with pytest.raises(UserError, match="vimco: decodes no latents; a way"):
        run.way(x, x)


def test_a_way_between_codes_of_several_latents(tmp_path):
    """Its ends are what the model makes of the examples again."""
    run = tfgen.fit("vlae", workdir=tmp_path, preset="tiny", steps=1)
    ends = run.data.source.splits["test"]["x"][:2].astype(np.float32)
    way = run.way(*ends, steps=3)
    assert way.shape == (3, 8, 8, 1)
    np.testing.assert_allclose(way[[0, 2]], run.reconstruct(ends), rtol=1e-5)


def test_a_model_of_levels_one_by_one(tmp_path):
    """Its scores are the reported figure; completions keep what is known."""
    tfgen.fit("made", workdir=tmp_path, **TINY)
    run = tfgen.load(tmp_path)
    x = run.data.source.splits["test"]["x"].astype(np.float32)
    nats = run.evaluate(["metrics"])["nats"]
    np.testing.assert_allclose(-np.mean(run.log_prob(x)), nats, rtol=1e-5)
    mask = np.zeros((8, 8, 1))
    mask[:4] = 1
    made = run.complete(x, mask, seed=3)
    np.testing.assert_array_equal(made[:, :4], x[:, :4])
    assert set(np.unique(made)) == {0, 1}
    np.testing.assert_array_equal(run.complete(x * mask, mask, seed=3), made)
    assert np.any(run.complete(x, mask, seed=4) != made)


def test_projections_and_completions(tmp_path):
    """They start from a seed, and are named as by `encode`."""
    run = tfgen.fit("vlae", workdir=tmp_path, preset="tiny", steps=1)
    x = run.data.source.splits["test"]["x"][:3].astype(np.float32)
    search = Search(5, starts=2)
    z = run.project(x, seed=3, search=search)
    assert {n: v.shape for n, v in z.items()} == {"z_1": (3, 1), "z_2": (3, 2)}
    again = run.project(x[..., 0], seed=3, search=search)
    np.testing.assert_array_equal(again["z_1"], z["z_1"])

    def error(codes):
        return np.square(run.decode(*codes.values()) - x).sum(axis=(1, 2, 3))

    assert np.all(error(z) <= error(run.encode(x)) * (1 + 1e-5))
    mask = np.ones((8, 8, 1))
    mask[:4] = 0
    made = run.complete(x, mask, search=search)
    np.testing.assert_array_equal(made[:, 4:], x[:, 4:])
    np.testing.assert_array_equal(
        run.complete(x * mask, mask, search=search), made
    )

"""A row of a SavedModel's signature for each input, here and elsewhere."""

import csv
import shutil
import sys

import numpy as np
import pytest
import tensorflow as tf

from export import score
from export.write.saved_model import write_saved_model
from tests.apps import command
from tfgen import saved_config
from tfgen.capabilities import signatures
from tfgen.errors import UserError
from tfgen.library import ArrayRun
from tfgen.scoring import block

RUNNER = ["--runner=DirectRunner"]


@pytest.fixture(scope="module")
def flow(tmp_path_factory):
    """A run that was not trained, and its SavedModel in the workdir."""
    settings = ["network.scales=1", "network.blocks=0"]
    workdir = tmp_path_factory.mktemp("flow")
    run = ArrayRun.start(workdir, "real_nvp", "tiny", overrides=settings)
    run.__dict__["model"] = run.build_model()
    saved_config.write(workdir, run.config)
    of_model = signatures(run.model)
    some = {name: of_model[name] for name in ("log_prob", "encode", "decode")}
    folder = workdir / "export" / "saved_model" / "real_nvp" / "1"
    write_saved_model(some, run.config.spec, folder)
    return run, folder


def save(folder, function, *inputs):
    """A SavedModel of one signature, f."""
    module = tf.Module()
    traced = tf.function(function, input_signature=inputs)
    tf.saved_model.save(module, str(folder), signatures={"f": traced})
    return folder


def tensor(name, *shape, kind=tf.float32):
    return tf.TensorSpec([None, *shape], kind, name)


@pytest.fixture
def arrays(flow, tmp_path):
    """Digits with three bad rows, 150 in all."""
    x = flow[0].data.source.splits["test"]["x"][:150].astype(np.float32)
    x[2, 0, 0], x[3, 0, 0], x[149, 0, 0] = np.nan, 17, 0.5
    np.savez(tmp_path / "x.npz", x=x)
    return tmp_path / "x.npz"


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def column(path, name):
    return np.array([float(row[name] or "nan") for row in rows_of(path)])


def test_a_signature_says_what_its_model_does(flow, arrays, tmp_path):
    """Each row, and why there is none."""
    run, folder = flow
    code, _, error = command.run_here(
        "apps.score",
        f"--saved_model={folder}",
        f"--input={arrays}",
        f"--output={tmp_path}/a.csv",
        "--capability=log_prob",
    )
    assert code == 0, error
    assert error[-1].startswith(f"{tmp_path}/a.csv: 150 rows, 3 of bad inputs")
    reasons = [row["reason"] for row in rows_of(tmp_path / "a.bad.csv")]
    assert reasons[1:] == [
        "has gray levels that are not in 0 to 16",
        "has gray levels that are not whole, 0 to 16",
    ]
    found = column(tmp_path / "a.csv", "log_prob")
    assert (
        np.isnan(found[[2, 3, 149]]).all() and np.isfinite(found).sum() == 147
    )
    # Servers average over noise of their own.
    run.score(arrays, tmp_path / "b.csv", "log_prob")
    np.testing.assert_allclose(
        np.nanmean(found),
        np.nanmean(column(tmp_path / "b.csv", "log_prob")),
        5e-2,
    )
    score.score(folder, [str(arrays)], tmp_path / "z.npz", "encode")
    run.score(arrays, tmp_path / "w.npz", "encode")
    with np.load(tmp_path / "z.npz") as z, np.load(tmp_path / "w.npz") as w:
        np.testing.assert_allclose(z["z"], w["z"], 1e-4, 1e-4)


def test_elsewhere_the_signature_tells_what_it_takes(flow, tmp_path, caplog):
    folder = shutil.copytree(flow[1], tmp_path / "1")
    np.save(tmp_path / "z.npy", np.zeros((3, 64)))
    found = score.score(
        folder, [f"{tmp_path}/z.npy"], tmp_path / "x.npz", "decode"
    )
    assert (found.done, found.bad) == (3, 0)
    with np.load(tmp_path / "x.npz") as made:
        np.testing.assert_allclose(
            made["x"], flow[0].decode(np.zeros((3, 64))), 1e-4, 1e-4
        )
    assert "lies in no workdir; gray levels and classes are not" in caplog.text
    with pytest.raises(UserError, match="capability=encoded: unknown"):
        score.score(folder, [f"{tmp_path}/z.npy"], "x.csv", "encoded")


def test_several_inputs(flow, tmp_path):
    """By name, from the file; with the classes of the run."""
    folder = save(
        flow[1].parents[1] / "sums" / "1",
        lambda x, label: {"sum": tf.reduce_sum(x, [1, 2, 3]) + label},
        tensor("x", 8, 8, 1),
        tensor("label"),
    )
    label = np.array([3, 10, 0, -1])
    np.savez(tmp_path / "x.npz", x=np.ones((4, 8, 8)), label=label)
    score.score(folder, [f"{tmp_path}/x.npz"], tmp_path / "a.csv", "f")
    assert [row["sum"] for row in rows_of(tmp_path / "a.csv")] == [
        "67.0",
        "",
        "64.0",
        "",
    ]
    reasons = {row["reason"] for row in rows_of(tmp_path / "a.bad.csv")}
    assert reasons == {"has a label that is not in 0 to 9"}
    with pytest.raises(UserError, match="no array 'y'; name one of"):
        score.score(folder, [f"{tmp_path}/x.npz:y"], tmp_path / "b.csv", "f")


def test_sentences(tmp_path):
    """A row each, in order; text comes out as text."""

    def call(premise, hypothesis):
        longer = tf.strings.length(premise) > tf.strings.length(hypothesis)
        return {"longer": longer, "label_name": premise + "é" + hypothesis}

    kind = {"kind": tf.string}
    both = tensor("premise", **kind), tensor("hypothesis", **kind)
    folder = save(tmp_path / "1", call, *both)
    pairs = tmp_path / "pairs.csv"
    pairs.write_text('premise,hypothesis\nIt rains.,Wet.\nodd\n"A",Is.\n')
    score.score(folder, [str(pairs)], tmp_path / "a.csv", "f")
    first, bad, last = rows_of(tmp_path / "a.csv")
    assert (first["longer"], first["label_name"]) == ("1", "It rains.éWet.")
    assert (last["longer"], last["label_name"]) == ("0", "AéIs.")
    assert bad["label_name"] == ""
    one = tensor("sentence", kind=tf.string)
    folder = save(tmp_path / "2", lambda sentence: {"y": sentence}, one)
    with pytest.raises(UserError, match="takes sentence; expected numbers of"):
        score.score(folder, [str(pairs)], tmp_path / "b.csv", "f")
    folder = save(
        tmp_path / "3",
        lambda x: {"x_png": tf.fill(tf.shape(x)[:1], b"\xff")},
        tensor("x", 2),
    )
    np.save(tmp_path / "x.npy", np.zeros((1, 2)))
    with pytest.raises(UserError, match="x_png are files, which no table hol"):
        score.score(folder, [f"{tmp_path}/x.npy"], tmp_path / "b.csv", "f")


def pretended(function):
    """Beam, in this process: each job once, and all after the other."""

    def infer(load, read, call, write, jobs, options):
        assert options == RUNNER
        model = load()
        for job in jobs:
            for batch in read(job):
                write(call(model, batch))
                function()

    return infer


def test_blocks_that_others_compute(flow, arrays, tmp_path, monkeypatch):
    """The same rows; a killed process goes on."""
    monkeypatch.setattr(block, "SIZE", 40)
    settings = flow[1], [str(arrays)]
    score.score(*settings, tmp_path / "a.csv", "encode")
    done = []

    def killed():
        done.append(1)
        if len(done) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(score.beam, "infer", pretended(killed))
    output = tmp_path / "b.csv", "encode"
    with pytest.raises(KeyboardInterrupt):
        score.score(*settings, *output, runner=RUNNER)
    score.score(*settings, *output, runner=RUNNER)
    assert len(done) == 4
    for name in (".csv", ".bad.csv"):
        a, b = (tmp_path / f"{stem}{name}" for stem in "ab")
        assert a.read_bytes() == b.read_bytes()


def test_beam_gives_the_same_rows(flow, arrays, tmp_path):
    pytest.importorskip("apache_beam")
    settings = flow[1], [str(arrays)]
    score.score(*settings, tmp_path / "a.csv", "log_prob")
    score.score(*settings, tmp_path / "b.csv", "log_prob", runner=RUNNER)
    for name in (".csv", ".bad.csv"):
        a, b = (tmp_path / f"{stem}{name}" for stem in "ab")
        assert a.read_bytes() == b.read_bytes()


def test_what_is_missing_is_said(flow, arrays, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    with pytest.raises(UserError, match=r"^runner: .*'tfgen\[beam\]'"):
        settings = flow[1], [str(arrays)], tmp_path / "a.csv"
        score.score(*settings, runner=RUNNER)
    for flags, message in (
        ([], "error: none: expected one of --workdir, --saved_model."),
        (
            ["--saved_model=a", "--workdir=b"],
            "error: --workdir and --saved_model",
        ),
        (["--saved_model=a", "--draws=2"], "error: --draws=2: not with"),
        ([f"--saved_model={tmp_path}"], "saved_model.pb: not the graph of a"),
    ):
        given = f"--input={arrays}", f"--output={tmp_path}/c.csv", *flags
        code, _, error = command.run_here("apps.score", *given)
        assert code == 2 and message in error[-1]

"""A row for each input, in order, whatever happens."""

import csv
import pathlib

import numpy as np
import pytest
from PIL import Image

import tfgen
from tests.apps import command
from tfgen.config import Column, DataSpec
from tfgen.errors import UserError
from tfgen.scoring import block, image_inputs, inputs, outputs, rows, score

TINY = {"preset": "tiny", "steps": 2}


@pytest.fixture(scope="module")
def flow(tmp_path_factory):
    return tfgen.fit(
        "real_nvp",
        workdir=tmp_path_factory.mktemp("flow"),
        settings={"network.scales": 1, "network.blocks": 0},
        **TINY,
    )


@pytest.fixture
def digits(flow):
    """x [180, 8, 8, 1] of the test split."""
    return flow.data.source.splits["test"]["x"]


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def column(path, name):
    return np.array([float(row[name]) for row in rows_of(path)])


def write_images(folder, x):
    """Digits as PNG files, one of them damaged."""
    folder.mkdir()
    for i, digit in enumerate(x):
        shades = np.uint8(np.round(digit[..., 0] * (255 / 16)))
        Image.fromarray(shades).save(folder / f"{i}.png")
    (folder / "1.png").write_bytes(b"no picture")
    return folder


def test_log_prob_is_the_reported_figure(flow, digits, tmp_path):
    """Minus the nats of the evaluation, with the error of each mean."""
    figures = flow.evaluate(draws=3)
    np.savez(tmp_path / "x.npz", x=digits)
    output = tmp_path / "scores.csv"
    arguments = [f"--input={tmp_path / 'x.npz'}", f"--output={output}"]
    code, out, error = command.run_here(
        "apps.score", f"--workdir={flow.workdir}", *arguments, "--draws=3"
    )
    assert (code, out) == (0, [])
    assert error[-1] == f"{output}: 180 rows"
    difference = -column(output, "log_prob").mean() - figures["nats"]
    errors = column(output, "log_prob_std_error")
    assert errors.min() > 0
    # Both have noise of their own.
    error = 2**0.5 * np.sqrt(np.square(errors).sum()) / len(errors)
    assert abs(difference) < 3 * error
    assert rows_of(output)[7]["input"] == f"{tmp_path / 'x.npz'}#7"


def test_elbo_is_scored(tmp_path):
    """By default, of a model without a density; rows do not depend on files."""
    run = tfgen.fit("vae", workdir=tmp_path / "run", **TINY)
    x = run.data.source.splits["test"]["x"][:30]
    for name, part in (("a", x), ("b", x[:17]), ("c", x[17:])):
        np.savez(tmp_path / f"{name}.npz", x=part)
    flags = f"--workdir={run.workdir}", f"--output={tmp_path / 's.csv'}"
    inputs = [f"--input={tmp_path}/{name}.npz" for name in "bc"]
    code, _, _ = command.run_here("apps.score", *flags, *inputs, "--draws=3")
    assert code == 0
    expected = run.elbo(x, draws=3)
    found = column(tmp_path / "s.csv", "elbo")
    np.testing.assert_allclose(found, expected, 1e-5)
    assert column(tmp_path / "s.csv", "elbo_std_error").min() > 0


def test_images_score_as_their_levels_do(flow, digits, tmp_path):
    """Files are those of a folder, by name; a damaged one has its own list."""
    folder = write_images(tmp_path / "images", digits[:4])
    (folder / "readme.txt").touch()
    found = flow.score([folder, folder / "3.png"], tmp_path / "s.csv")
    assert (found.done, found.bad) == (5, 1)
    names = [pathlib.Path(row["input"]).name for row in rows_of(found.path)]
    assert names == [f"{i}.png" for i in (0, 1, 2, 3, 3)]
    assert rows_of(found.path)[1]["log_prob"] == ""
    (bad,) = rows_of(found.bad_path)
    assert (bad["row"], bad["input"]) == ("1", str(folder / "1.png"))
    assert bad["reason"].startswith("not a readable image")
    expected = [flow.log_prob(digits[:4])[i] for i in (0, 2, 3)]
    scored = [float(rows_of(found.path)[i]["log_prob"]) for i in (0, 2, 3)]
    np.testing.assert_allclose(scored, expected, rtol=1e-5)


def test_vectors_as_arrays(flow, digits, tmp_path):
    """Columns of an `.npz` file; what cannot be read is NaN."""
    x = digits[:5].astype(np.float32)
    x[2, 0, 0] = np.nan
    x[3, 0, 0] = 17
    np.save(tmp_path / "x.npy", x)
    found = flow.score(tmp_path / "x.npy", tmp_path / "z.npz", "encode")
    with np.load(found.path) as arrays:
        z, names = arrays["z"], arrays["input"]
    assert list(names) == [f"{tmp_path / 'x.npy'}#{i}" for i in range(5)]
    np.testing.assert_allclose(z[[0, 1, 4]], flow.encode(x[[0, 1, 4]]), 1e-4)
    assert np.isnan(z[2:4]).all()
    reasons = [row["reason"] for row in rows_of(found.bad_path)]
    assert reasons == [
        "has numbers that are not finite",
        "has gray levels that are not in 0 to 16",
    ]


@pytest.mark.parametrize("ending", ["csv", "npz"])
def test_a_killed_process_goes_on(flow, digits, tmp_path, monkeypatch, ending):
    """Wherever it was killed, each input has one row, and the same."""
    monkeypatch.setattr(block, "SIZE", 4)
    np.savez(tmp_path / "a.npz", x=digits[:10])
    folder = write_images(tmp_path / "images", digits[10:16])
    sources = [tmp_path / "a.npz", folder]
    whole = flow.score(sources, tmp_path / f"whole.{ending}")
    cut = tmp_path / f"cut.{ending}"
    for place in ("before", "after") * 3:

        def killed(self, *arguments, add=outputs.Output.add, place=place):
            if place == "after":
                # Rows are written, and nothing says so.
                with monkeypatch.context() as patch:
                    patch.setattr(outputs, "write_text", lambda *_: None)
                    add(self, *arguments)
            elif not self.done % 8:
                return add(self, *arguments)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(outputs.Output, "add", killed)
            with pytest.raises(KeyboardInterrupt):
                flow.score(sources, cut)
    with pytest.raises(UserError, match="begun with another draws; remove"):
        flow.score(sources, cut, draws=3)
    found = flow.score(sources, cut)
    assert (found.done, found.bad) == (16, 1)
    assert rows_of(found.bad_path) == rows_of(whole.bad_path)
    if ending == "csv":
        assert cut.read_text() == whole.path.read_text()
    else:
        with np.load(cut) as ours, np.load(whole.path) as theirs:
            for name in theirs:
                np.testing.assert_array_equal(ours[name], theirs[name])
    assert not list(tmp_path.glob("*.partial"))


def test_blocks_that_others_compute(flow, digits, tmp_path, monkeypatch):
    """The same rows, bad ones too; what they left is not computed again."""
    np.savez(tmp_path / "x.npz", x=digits[:50])
    paths = [tmp_path / "x.npz", write_images(tmp_path / "in", digits[:20])]
    monkeypatch.setattr(block, "SIZE", 16)
    expected = flow.score(paths, tmp_path / "a.csv", draws=2)
    done = []

    def two_of_them(function, jobs, options):
        """And then all the rest."""
        assert options == ["--runner=x"]
        for job in jobs:
            done.append(job[2])
            function(job)
            if len(done) == 2:
                raise KeyboardInterrupt

    monkeypatch.setattr(score.beam, "each", two_of_them)
    output, settings = (
        tmp_path / "b.csv",
        {"draws": 2, "runner": ["--runner=x"]},
    )
    with pytest.raises(KeyboardInterrupt):
        flow.score(paths, output, **settings)
    found = flow.score(paths, output, **settings)
    assert done == [0, 16, 32, 48, 50, 66]
    assert (found.done, found.bad) == (expected.done, expected.bad) == (70, 1)
    assert output.read_bytes() == (tmp_path / "a.csv").read_bytes()
    bad = (tmp_path / f"{name}.bad.csv" for name in "ab")
    assert next(bad).read_bytes() == next(bad).read_bytes()


def pairs_of(folder):
    rows = "odd\n".join(f"It is {i}.,So é.\n" for i in range(5))
    (folder / "pairs.csv").write_text(f"premise,hypothesis\n{rows}")
    return [str(folder / "pairs.csv")], DataSpec((), words="a")


def table_of(folder):
    rows = "".join(f"{i},{'' if i == 3 else -i}\n" for i in range(7))
    (folder / "table.csv").write_text(f"a,b\n{rows}")
    columns = Column("a"), Column("b")
    return [f"csv:{folder}/table.csv"], DataSpec((2,), columns=columns)


def images_of(folder):
    x = np.arange(5.0).reshape(5, 1, 1, 1) * np.ones((5, 8, 8, 1))
    return [str(write_images(folder / "x", x))], DataSpec((8, 8, 1), 16)


@pytest.mark.parametrize("files", [pairs_of, table_of, images_of])
def test_others_compute_all_blocks(files, tmp_path, monkeypatch):
    """Where a count tells the blocks, where only reading does, large images."""
    monkeypatch.setattr(block, "SIZE", 3)
    monkeypatch.setattr(image_inputs, "_MOST", 2 * 64)  # two images
    paths, spec = files(tmp_path)
    sources = inputs.sources(paths, spec, say=lambda line: None) * 2

    def compute(good, places):
        if "pairs" in good:
            sums = [sum(map(ord, "".join(pair))) for pair in good["pairs"]]
        else:
            sums = good["x"].reshape(len(places), -1).sum(1)
        return {"sum": np.float64(sums), "row": places.astype(float)}

    template = {"sum": np.zeros(1), "row": np.zeros(1)}
    scoring = rows.Scoring(sources, compute, template, {})
    expected = rows.write_rows(scoring, tmp_path / "a.csv")

    def others(jobs):
        for job in jobs:
            for good, places in job.read(sources):
                outputs.write_columns(job.path, compute(good, places))

    def refuse(good, places):
        raise AssertionError("computed here")

    elsewhere = scoring._replace(compute=refuse)
    found = rows.write_rows(elsewhere, tmp_path / "b.csv", elsewhere=others)
    assert (found.done, found.bad) == (expected.done, expected.bad)
    assert found.bad and found.done > 8
    for name in ("{}.csv", "{}.bad.csv"):
        ours, theirs = (tmp_path / name.format(n) for n in "ab")
        assert ours.read_bytes() == theirs.read_bytes()


def test_sentences(tmp_path):
    run = tfgen.fit("inner_attention", workdir=tmp_path / "run", **TINY)
    pairs = tmp_path / "pairs.csv"
    pairs.write_text('premise,hypothesis\nIt rains.,Wet.\nodd\n"A, b.",Is.\n')
    found = run.score(pairs, tmp_path / "labels.csv")
    assert (found.done, found.bad) == (3, 1)
    first, bad, last = rows_of(found.path)
    given = [("It rains.", "Wet."), ("A, b.", "Is.")]
    expected = run.classify(given)["probabilities"]
    for row, probabilities in zip((first, last), expected):
        for name, p in zip(run.config.spec.labels, probabilities):
            np.testing.assert_allclose(
                float(row[f"probabilities_{name}"]), p, rtol=1e-5
            )
        assert row["label_name"] in run.config.spec.labels
    assert bad["label_name"] == ""
    (why,) = rows_of(found.bad_path)
    assert "line 3: 1 columns, expected the header's 2" in why["reason"]


def test_a_condition_for_all_or_of_each(tmp_path):
    run = tfgen.fit(
        "real_nvp",
        workdir=tmp_path / "run",
        settings={
            "network.conditional": True,
            "network.scales": 1,
            "network.blocks": 0,
        },
        **TINY,
    )
    split = run.data.source.splits["test"]
    x, label = split["x"][:6], split["label"][:6]
    np.savez(tmp_path / "x.npz", x_test=x, y_test=label)
    own = run.score(f"{tmp_path}/x.npz:x_test", tmp_path / "own.csv")
    expected = run.log_prob(x, label=label)
    np.testing.assert_allclose(column(own.path, "log_prob"), expected, 1e-5)
    same = run.score(f"{tmp_path}/x.npz:x_test", tmp_path / "all.csv", label=3)
    expected = run.log_prob(x, label=3)
    np.testing.assert_allclose(column(same.path, "log_prob"), expected, 1e-5)
    assert run.class_of("3") == 3
    with pytest.raises(UserError, match="label=ten: unknown"):
        run.class_of("ten")


@pytest.mark.parametrize(
    "use, message",
    [
        (lambda run, d: run.score(d / "no.png", d / "s.csv"), "no such file"),
        (lambda run, d: run.score(d / "no.npy", d / "s.csv"), "No such file"),
        (lambda run, d: run.score(d, d / "s.csv"), "no images in it"),
        (lambda run, d: run.score(d / "x.npz", d / "s.txt"), ".csv or .npz"),
        (
            lambda run, d: run.score(d / "x.npz", d / "s.csv", "energy"),
            "capability=energy: unknown",
        ),
        (
            lambda run, d: run.score(f"{d}/x.npz:z", d / "s.csv"),
            "no array 'z'; name one of x, as",
        ),
        (
            lambda run, d: run.score(d / "wide.npy", d / "s.csv"),
            r"examples of shape \(3,\); the model takes \(8, 8, 1\)",
        ),
    ],
)
def test_errors(flow, tmp_path, use, message):
    np.savez(tmp_path / "x.npz", x=np.zeros((2, 8, 8)))
    np.save(tmp_path / "wide.npy", np.zeros((2, 3)))
    with pytest.raises(UserError, match=message):
        use(flow, tmp_path)
    assert not list(tmp_path.glob("s.*"))


def test_most_inputs_are_good(flow, tmp_path):
    np.save(tmp_path / "x.npy", np.full((3, 8, 8), 0.5))
    code, _, error = command.run_here(
        "apps.score",
        f"--workdir={flow.workdir}",
        f"--input={tmp_path / 'x.npy'}",
        f"--output={tmp_path / 's.csv'}",
    )
    assert code == 2
    assert "3 rows, 3 of bad inputs" in error[-1]
    (reason, *_) = [r["reason"] for r in rows_of(tmp_path / "s.bad.csv")]
    assert reason == "has gray levels that are not whole, 0 to 16"

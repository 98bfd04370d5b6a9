"""A table through a run: units, samples, exports."""

import csv

import numpy as np
import pytest

import tfgen
from export.check.runners import load_saved_model, load_tflite
from export.run import export_run
from tests.apps import command
from tests.export.in_process import in_process
from tfgen.errors import UserError
from tfgen.nn import randomize
from tfgen.run import Run
from tfgen.train.strategy import make_strategy

N = 400
SETTINGS = (
    "label_column=kind",
    "condition_columns=dose",
    "couplings=2",
    "hidden=4",
    "steps_per_call=1",
    "steps=1",
)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    random = np.random.default_rng(0)
    kind = random.integers(0, 2, N)
    columns = {
        "price": (3000 * np.exp(random.normal(size=N))).round().astype(int),
        "a, b": random.normal(5e-4, 1e-4, N) * (1 + kind),
        "far": random.normal(2e6, 3e5, N),
        "kind": np.array(["old", "new"])[kind],
        "dose": random.normal(70, 5, N),
    }
    path = tmp_path_factory.mktemp("table") / "mine.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values()))
    return path


@pytest.fixture(scope="module")
def run(table, tmp_path_factory):
    """A run of random weights, conditional on a class and on a number."""
    workdir, data = tmp_path_factory.mktemp("run"), f"csv:{table}"
    run = Run.start(workdir, "real_nvp", None, data, SETTINGS)
    run.train(make_strategy("cpu"))
    randomize(run.model.variables, 0.1)
    return run


@pytest.fixture(scope="module")
def rows(run):
    return run.data.source.splits["test"]


@pytest.fixture(scope="module")
def expected(run, rows):
    """Log p(x): of standardized rows by the layers after, and the slope.

    Means and standard deviations are those of the training split.
    """
    train = run.data.source.splits["train"]

    def standardized(name):
        of = train[name].astype(np.float64)
        return (rows[name] - of.mean(0)) / of.std(0), of.std(0)

    y, stddev = standardized("x")
    condition = [np.eye(2)[rows["label"]], standardized("condition")[0]]
    condition = np.concatenate(condition, axis=1).astype(np.float32)
    z, log_det = y.astype(np.float32), -np.log(stddev).sum()
    for bijector in run.model.flow.bijectors[1:]:
        z, more = bijector.forward_and_log_det(z, condition=condition)
        log_det = log_det + more.numpy().astype(np.float64)
    prior = -0.5 * (np.square(z) + np.log(2 * np.pi)).sum(axis=1)
    return prior + log_det


def test_settings_are_chosen_for_tables(run):
    assert run.config.preset == "auto"
    assert run.model.conditions == ("label", "condition")
    assert [c.name for c in run.config.spec.columns] == ["price", "a, b", "far"]


def test_densities_are_in_the_tables_units(run, rows, expected):
    found = run.model.log_prob(**rows)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


def test_evaluation_says_how_sure_it_is(run):
    found = run.evaluate(draws=2)
    assert found["log_likelihood"] == pytest.approx(-found["nats"], rel=1e-5)
    draws = [
        np.concatenate(
            [
                run.model.log_prob(batch["x"], **run.model.given(batch))
                for batch in run.held_out(run.model, "test", draw)
            ]
        )
        for draw in range(2)
    ]
    of_rows = np.mean(draws, axis=0)
    error = 2 * of_rows.std(ddof=1) / np.sqrt(len(of_rows))
    assert found["log_likelihood_two_std_errors"] == pytest.approx(error, 1e-3)


def test_the_library_gives_what_is_reported(run, rows):
    values = tfgen.load(run.workdir)
    values.__dict__["model"] = run.model
    found = values.log_prob(draws=2, **rows)
    reported = run.evaluate(["log_likelihood"], draws=2)["log_likelihood"]
    assert found.mean() == pytest.approx(reported, rel=1e-5)


def test_samples_are_a_table(run):
    paths = run.draw(count=50)
    names = [path.name for path in paths]
    assert names == ["samples.csv", "pairs.png", "pit.png"]
    with paths[0].open(newline="") as file:
        header, *samples = csv.reader(file)
    assert header == ["price", "a, b", "far", "dose", "kind"]
    assert len(samples) == 50
    assert {row[4] for row in samples} == {"old", "new"}
    assert all(row[0].lstrip("-").isdigit() for row in samples)
    values = np.array([[float(cell) for cell in row[1:3]] for row in samples])
    spread = values.std(axis=0) / (1e-4, 3e5)
    assert ((0.2 < spread) & (spread < 20)).all()


@pytest.mark.slow
def test_exports_take_and_give_the_tables_units(run, rows, expected):
    with in_process():
        export_run(run, ["float32"])
    saved, lite = (
        run.workdir / "export" / part / run.config.model / "1"
        for part in ("saved_model", "tflite")
    )
    given = {name: rows[name] for name in ("label", "condition")}
    # Prices are whole: only a device says what they are without noise.
    call, _ = load_tflite(lite / "float32.tflite")
    bare = {**rows, "noise": np.zeros_like(rows["x"])}
    found = call("log_prob_with_noise", bare)["log_prob"]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)
    for call, _ in (
        load_saved_model(saved),
        load_tflite(lite / "float32.tflite"),
    ):
        z = call("encode", rows)["z"]
        x = call("decode", {"z": z, **given})["x"]
        np.testing.assert_allclose(x, rows["x"], rtol=1e-4, atol=1e-6)


def test_other_rows_are_said_and_standardized_as_before(run, table, caplog):
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join([lines[0], *lines[100:]]))
    try:
        again = Run.resume(run.workdir)
        assert again.data.spec == run.config.spec
        again.__dict__["model"] = run.model
        again.evaluate(["log_likelihood"], draws=1)
        assert "other data than the run began with: test has" in caplog.text
    finally:
        table.write_text("".join(lines))


def test_errors_name_the_setting(table, tmp_path):
    code, _, error = command.run_here(
        "apps.train",
        f"--data=csv:{table}",
        "--set=data.label_column=knd",
        f"--workdir={tmp_path}",
    )
    assert code == 2
    start = "error: --set data.label_column=knd: unknown. Did you mean 'kind'?"
    assert error[-1].startswith(start)


def test_scores_are_those_of_the_rows(run, table, tmp_path):
    """Of columns in any order, in original units; a bad row keeps its place."""
    lines = table.read_text().splitlines()[:30]
    header, *rows = [line.split(",") for line in lines]
    # "a, b" is in quotes, and so in two parts.
    rows[4][0] = ""
    path = tmp_path / "some.csv"
    with path.open("w", newline="") as file:
        file.write(",".join(header) + "\n")
        file.writelines(",".join(row) + "\n" for row in rows)
    output = tmp_path / "scores.csv"
    run = tfgen.load(run.workdir)
    run.score([f"csv:{path}"], output, draws=2, label=1)
    with output.open(newline="") as file:
        found = list(csv.DictReader(file))
    assert len(found) == len(rows)
    assert found[4]["log_prob"] == ""
    with path.open(newline="") as file:
        values = list(csv.DictReader(file))
    names = [column.name for column in run.config.spec.columns]
    keep = [i for i in range(len(rows)) if i != 4]
    x = [[float(values[i][name]) for name in names] for i in keep]
    dose = [[float(values[i]["dose"])] for i in keep]
    expected = run.of_draws(
        "log_prob",
        np.float32(x),
        2,
        np.array(keep),
        label=1,
        condition=np.float32(dose),
    ).mean(axis=0)
    got = [float(found[i]["log_prob"]) for i in keep]
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


def test_scores_are_of_the_rows_own_classes(run, rows, table, tmp_path):
    """A row of another class says nothing, and a table without is refused."""
    x, dose, label = (rows[n][:4] for n in ("x", "condition", "label"))
    labels = run.config.spec.labels
    path, output = tmp_path / "some.csv", tmp_path / "scores.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["kind", "price", "a, b", "far", "dose"])
        for i in range(4):
            writer.writerow([labels[label[i]], *x[i], *dose[i]])
        writer.writerow(["odd", *x[0], *dose[0]])
    run = tfgen.load(run.workdir)
    run.score(f"csv:{path}", output, draws=2)
    with output.open(newline="") as file:
        found = [row["log_prob"] for row in csv.DictReader(file)]
    expected = run.log_prob(x, 2, label=label, condition=dose)
    np.testing.assert_allclose(np.float32(found[:4]), expected, 1e-4, 1e-4)
    assert found[4] == ""
    bad = (tmp_path / "scores.bad.csv").read_text()
    assert "a label that is not one of new, old" in bad
    path.write_text(path.read_text().replace("kind", "sort"))
    with pytest.raises(UserError, match="no column kind, the class of a row"):
        run.score(f"csv:{path}", tmp_path / "more.csv")
    with pytest.raises(UserError, match=f"a table, csv:{table}, or a .npz"):
        run.score(table, tmp_path / "more.csv")


def test_samples_in_a_file_have_the_tables_header(run, tmp_path, caplog):
    path = tmp_path / "x.csv"
    tfgen.load(run.workdir).write_samples(path, count=6, label=1)
    assert "condition: those of test rows." in caplog.text
    with path.open(newline="") as file:
        header, *samples = csv.reader(file)
    assert header == ["price", "a, b", "far", "dose", "kind"]
    assert [row[4] for row in samples] == [run.config.spec.labels[1]] * 6
    assert all(row[0].lstrip("-").isdigit() for row in samples)


def test_samples_are_of_one_size(run):
    with pytest.raises(UserError, match="enlarge: real_nvp on csv:.* one size"):
        run.draw(count=4, enlarge=[3])

import json
import math
import pathlib
import re
import shutil
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest
from PIL import Image

from tfgen import registry
from tfgen.config import DataSpec, apply_overrides
from tfgen.errors import UserError
from tfgen.evaluate.classifier import Classifier
from tfgen.measures import translated_labels
from tfgen.run import Run
from tfgen.tables import papers, reproduce
from tfgen.tables.papers import Row, Table
from tfgen.tables.reproduce import Result
from tfgen.train.lock import Lock
from tfgen.viz import images

ONE_LAYER = ("network.hidden=4",)
SMALL = Table(
    (
        Row("Basic model", 8.3, "ladder", ("network.noise=0.0", *ONE_LAYER)),
        Row("+ Noise", 8.2, "ladder", ONE_LAYER),
        Row("SPINN", 83.2),
    ),
    "paper, SNLI",
    {"error_rate": "ours"},
)


def in_this_process(function, jobs, parallel):
    for job in jobs:
        yield job, function(job)


def reproduced(workdir, *overrides, seeds=1, content=SMALL):
    """Reproduces a small table; returns it and the lines of progress."""
    said = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(papers.TABLES, "small", content)
        patch.setattr(reproduce, "each_in_a_process", in_this_process)
        table = reproduce.reproduce(
            "small",
            workdir,
            seeds,
            "tiny",
            None,
            overrides,
            "cpu",
            1,
            said.append,
        )
    return table.splitlines(), said


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A workdir with one seed of the table, and what `reproduced` returned."""
    workdir = tmp_path_factory.mktemp("table")
    return workdir, *reproduced(workdir)


@pytest.fixture
def begun(first, tmp_path):
    """A copy of that workdir."""
    return shutil.copytree(first[0], tmp_path / "begun")


def test_rows_are_trained_once(first, begun, monkeypatch):
    _, table, said = first
    assert said[0] == "2 runs, of which 0 are done"
    assert [re.sub(r"\[ *\d+ s\]|\d+\.\d\d", "", s) for s in said[1:]] == [
        " 1 of 2: Basic model, seed 0: error_rate  %",
        " 2 of 2: + Noise, seed 0: error_rate  %",
    ]
    assert table[2].startswith("| Basic model | 8.30 % | ")
    assert table[4] == "| SPINN | 83.20 % | not here |  |  |  |"
    assert (begun / "small.md").read_text().splitlines() == table
    assert len((begun / "small.csv").read_text().splitlines()) == 3

    folder = begun / "small" / "noise" / "seed-0"
    before = json.loads((folder / "config.json").read_text())
    assert before["train"]["seed"] == 0 and before["network"]["noise"]

    # A second seed trains the second seed alone; what was done stays as it is.
    trained = []
    start = reproduce.Run.start

    def spy(folder, **request):
        trained.append(folder.name)
        return start(folder, **request)

    monkeypatch.setattr(reproduce.Run, "start", spy)
    table, said = reproduced(begun, seeds=2)
    assert said[0] == "4 runs, of which 2 are done"
    assert trained == ["seed-1", "seed-1"]
    assert re.search(
        r"\| \d+\.\d\d % \| ± \d+\.\d\d \| 2 \| [\d,]+ \|", table[2]
    )

    # A damaged result is made again, from the run that is there.
    (folder / "result.json").write_text("{")
    assert reproduced(begun, seeds=2)[0] == table
    assert trained == ["seed-1", "seed-1", "seed-0"]


def test_a_table_is_made_by_one_process(tmp_path):
    with Lock(tmp_path / "small"):
        with pytest.raises(UserError, match="/small: in use by process"):
            reproduced(tmp_path)


def test_more_steps_go_on_from_the_run(begun):
    reproduced(begun, "train.steps=6")
    folder = begun / "small" / "basic-model" / "seed-0"
    assert [p.name for p in sorted(folder.glob("checkpoints/last-*"))][-1] == (
        "last-0000000006"
    )


def test_other_settings_need_another_workdir(begun):
    with pytest.raises(
        UserError, match="holds a run with network.reconstruction=1000.0, not"
    ):
        reproduced(begun, "network.reconstruction=1.0")


def test_samples_stand_side_by_side(tmp_path, monkeypatch):
    """A column a row that makes some, a line a seed; no labels are needed."""
    table = Table(
        (
            Row("Game", None, "gan", presets={"": "toy"}),
            Row("Other", None, "gan", ("network.latent=7",)),
            Row("Classifier", 1.0, "ladder"),
        ),
        "paper",
        {"precision": "ours"},
        samples=True,
    )

    class Run:
        def __init__(self, folder, model, preset, **request):
            self.folder, self.model = folder, model
            assert preset == ("toy" if "game" in str(folder) else None)
            self.config = SimpleNamespace(spec=DataSpec((2,)))

        def train(self, strategy):
            pass

        def restore(self, *kinds):
            self.checkpoint = pathlib.Path(f"{kinds[-1]}-0000000007")
            return SimpleNamespace(
                trainable_variables=[], can=lambda name: self.model == "gan"
            )

        def evaluate(self):
            return {"precision": 0.5}

        def draw(self):
            gray = 100 if "game" in str(self.folder) else 200
            picture = np.full((30, 60, 1), gray, np.uint8)
            images.write_png(self.folder / "samples/samples.png", picture, 60)

    monkeypatch.setitem(papers.TABLES, "drawn", table)
    monkeypatch.setattr(reproduce, "each_in_a_process", in_this_process)
    monkeypatch.setattr(reproduce.Run, "start", Run)
    said = []

    def make():
        # Data with a preset of their own leave a row its own.
        return reproduce.reproduce(
            "drawn", tmp_path, 2, None, "digits", (), "cpu", 1, said.append
        )

    with mock.patch.object(reproduce.logging, "warning") as warned:
        make()
    # No checkpoint of these is a best one.
    assert "its last weights count" in warned.call_args[0][0]
    # A picture that is lost is drawn again; no column is left out.
    (tmp_path / "drawn/game/seed-1/samples/samples.png").unlink()
    text = make()
    assert [s for s in said if "done" in s] == [
        "6 runs, of which 0 are done",
        "6 runs, of which 5 are done",
    ]
    assert text.splitlines()[2].startswith("| Game | a picture | 50.00 % | ")
    with Image.open(tmp_path / "drawn.png") as picture:
        pixels = np.asarray(picture)[::5, ::5]  # enlarged to 600
    assert pixels.shape == (16 + 60, 120)  # with names
    assert (pixels[16:, :60] == 100).all() and (pixels[16:, 60:] == 200).all()


@pytest.mark.parametrize("name", ["lsun", "celeb_a"])
@pytest.mark.parametrize("named", [True, False])
def test_games_of_figures_5_and_6_have_one_configuration(name, named):
    """EBGAN's, "a DCGAN under the same configuration"."""
    figure = {"lsun": "ebgan_figure_5", "celeb_a": "ebgan_figure_6"}[name]
    settings = []
    for row in papers.TABLES[figure].trained:
        preset = row.presets.get(name if named else "", name)
        p = registry.get(row.model).module().PRESETS[preset]
        network = p.network
        d = getattr(network, "encoder", None) or network.discriminator
        settings.append((network.generator, d, network.kernel, p.data, p.train))
    assert settings[0] == settings[1]


def test_tables_need_labels_before_anything_is_trained(
    tmp_path, monkeypatch, unlabelled
):
    monkeypatch.setattr(reproduce, "each_in_a_process", in_this_process)
    small = ("data.image_size=8", "train.batch_size=8")
    with pytest.raises(UserError, match=f"^data={unlabelled}: has no labels"):
        reproduce.reproduce(
            "bigan_1", tmp_path, 1, "tiny", unlabelled, small, "cpu", 1, print
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "override", ["train.seed=1", "network.noise=0.1", "noise=0.1"]
)
def test_what_the_rows_set(tmp_path, override):
    with pytest.raises(UserError) as error:
        reproduced(tmp_path, override)
    name = override.partition("=")[0]
    assert str(error.value) == (
        f"{override}: the rows of the table differ in {name}; leave it"
        " out (seeds says how many seeds)."
    )


def result(share, parameters=7, **figures):
    return Result({"error_rate": share, **figures}, parameters)


def test_table():
    """Of 0.8 and 0.9: mean 85, 12.706 standard errors of 5 each."""
    results = {"Basic model": [result(0.8, 1000), result(0.9, 1000)]}
    table = reproduce.format_table(SMALL, results).splitlines()
    assert table[0] == (
        "| model | paper, SNLI | ours | 95 % | seeds | parameters |"
    )
    assert table[2] == (
        "| Basic model | 8.30 % | 85.00 % | ± 63.53 | 2 | 1,000 |"
    )
    assert table[4] == "| SPINN | 83.20 % | not here |  |  |  |"


def test_one_seed_has_no_interval():
    table = reproduce.format_table(SMALL, {"Basic model": [result(1.0)]})
    assert table.splitlines()[2] == (
        "| Basic model | 8.30 % | 100.00 % |  | 1 | 7 |"
    )


def test_figures_that_are_no_shares_have_their_unit():
    table = Table(
        (Row("VAE", None, "bigan"),),
        "paper",
        {"mig": "MIG", "elbo": "ELBO"},
        units={"elbo": "nats"},
    )
    runs = [Result({"mig": 0.25, "elbo": e}, 7) for e in (-20.0, -21.0)]
    lines = reproduce.format_table(table, {"VAE": runs}).splitlines()
    # Student's quantile of one degree of freedom is 12.706.
    assert lines[2] == (
        "| VAE |  | 25.00 % | ± 0.00 | -20.50 nats | ± 6.35 | 2 | 7 |"
    )


def test_figures_without_a_unit_are_numbers():
    table = Table(
        (Row("GAN", None, "gan"),), "paper", {"d": "D"}, units={"d": ""}
    )
    runs = [Result({"d": d}, 7) for d in (20.0, 21.0)]
    lines = reproduce.format_table(table, {"GAN": runs}).splitlines()
    assert lines[2] == "| GAN |  | 20.50 | ± 6.35 | 2 | 7 |"


def test_a_row_may_be_another_view_of_the_same_runs():
    rows = (
        Row("Encoder", 97.44, "bigan"),
        Row("Critic", 97.3, runs_of="Encoder", figures=("critic",)),
        Row("Pixels", None, runs_of="Encoder", figures=("pixels",)),
    )
    table = Table(rows, "paper", {"last": "last", "output": "output"})
    runs = [
        Result({"last": 0.9, "output": 0.8, "critic": 0.7, "pixels": 0.6}, 7)
    ]
    lines = reproduce.format_table(table, {"Encoder": runs}).splitlines()
    assert lines == [
        "| model | paper | last | 95 % | output | 95 % | seeds | parameters |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        "| Encoder | 97.44 % | 90.00 % |  | 80.00 % |  | 1 | 7 |",
        "| Critic | 97.30 % | 70.00 % |  |  |  | 1 |  |",
        "| Pixels |  | 60.00 % |  |  |  | 1 |  |",
    ]


def test_every_figure_of_every_run():
    results = {
        "Basic model": [result(0.8), result(0.9)],
        "Other": [result(1.0, 8, cross_entropy=0.25)],
    }
    assert reproduce.format_csv(results).splitlines() == [
        "row,seed,parameters,error_rate,cross_entropy",
        "Basic model,0,7,0.8,",
        "Basic model,1,7,0.9,",
        "Other,0,8,1.0,0.25",
    ]


@pytest.mark.parametrize("name", papers.TABLES)
def test_rows_are_settings_of_models(name):
    """Each row builds, and no two rows of a table are the same."""
    table = papers.TABLES[name]
    names = [row.name for row in table.rows]
    assert len({reproduce._slug(name) for name in names}) == len(names)
    assert table.checkpoint in ("best", "last")
    networks = []
    for row in table.trained:
        presets = registry.get(row.model).module().PRESETS
        preset = presets[row.presets.get("", next(iter(presets)))]
        networks.append((row.model, apply_overrides(preset, row.overrides)))
    assert len(set(networks)) == len(networks)
    assert {row.runs_of for row in table.rows} <= {"", *names}


# What tables take of a model's runs -> the first row that does, of few draws.
# Every density has nats and bits (conformance); completions take long, and are
# tested by themselves.
FIGURES = {
    (row.model, table.figures_of(row)): row
    for table in papers.TABLES.values()
    for row in reversed(table.trained)
    if table.measures != ("completion",)
    and not {"nats", "bits_per_dim"}.issuperset(table.figures_of(row))
}


@pytest.mark.parametrize("model, figures", FIGURES)
def test_evaluation_gives_the_figures_of_the_tables(model, figures, tmp_path):
    overrides, data = FIGURES[model, figures].overrides, None
    if "mig" in figures:  # of data with factors
        data = "sprites"
        small = ("num_examples=200", "image_size=8", "binarize=128")
        overrides += (*small, "dequantize=false")
    if "modes_found" in figures:  # of a mixture
        data = "grid_gaussians"
    of_scenes = {"right", "right_with_noise"} & {*figures}
    if model in ("pix2pix", "cycle_gan") and of_scenes:
        data = "scenes"
        overrides += ("num_examples=100", "image_size=16", "network.maps=2,3")
    run = Run.start(tmp_path, model, "tiny", data, overrides)
    # Names alone are looked at: what is not trained will do.
    run.__dict__["model"] = run.build_model()
    spec = run.config.spec
    if spec.levels:
        classifier = Classifier(spec.shape, spec.num_classes, spec.levels)
        classifier.save(tmp_path / "classifier.npz")
    # Others take long, and are tested by themselves.
    quick = {name for name in figures if not name.startswith("target_")}
    assert quick <= {*run.evaluate(draws=1)}


def test_a_row_may_have_fewer_seeds(begun):
    rows = [row._replace(seeds=1 if row.model else 0) for row in SMALL.rows]
    content = SMALL._replace(rows=tuple(rows))
    table, said = reproduced(begun, seeds=5, content=content)
    assert said == ["2 runs, of which 2 are done"]
    assert table[2].split("|")[5].strip() == "1"


def test_figures_of_a_row_are_its_own_and_those_of_its_views():
    table = papers.TABLES["bigan_1"]
    names = {row.name: table.figures_of(row) for row in table.trained}
    shown = tuple(table.figures)
    assert names["BiGAN"] == (*shown, "nearest_neighbor_accuracy_pixels")
    assert names["Latent regressor (LR)"] == (
        *shown,
        "nearest_neighbor_accuracy_discriminator",
    )


def test_a_figure_that_is_missing_is_named(tmp_path, monkeypatch):
    class Run:
        trainable_variables = ()
        config = SimpleNamespace(spec=SimpleNamespace(num_classes=2))

        def __init__(self, folder):
            pass

        def train(self, strategy):
            pass

        def restore(self, *kinds):
            self.checkpoint = pathlib.Path("last-0000000007")
            return self

        def evaluate(self):
            return {"accuracy": 0.5, "error": 0.5}

    monkeypatch.setattr(reproduce.Run, "start", Run)
    folder = tmp_path / "table" / "row"
    figures = ("accuracy", "neighbors")
    job = reproduce.TableJob("Row", 0, folder, {}, "last", figures, "cpu")
    with pytest.raises(UserError) as error:
        reproduce.run(job)
    assert str(error.value) == (
        f"{folder}: the table shows neighbors, which evaluation does not give;"
        " it gives accuracy, error."
    )
    # A result of a time when the figure had another name is none.
    reproduce.run(job._replace(figures=("accuracy",)))
    assert reproduce._done(job._replace(figures=("accuracy",)))
    assert reproduce._done(job) is None


GOOD = {
    "figures": {"accuracy": 0.5},
    "parameters": 7,
    "request": {"model": "gan"},
    "checkpoint": "last",
}


@pytest.mark.parametrize(
    "text, reason",
    [
        ("", "Expecting value"),
        (json.dumps(GOOD)[:-5], "Unterminated"),
        ("\x00", "Expecting value"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "TypeError"),
        ("null", "TypeError"),
        ("{}", "KeyError: 'request'"),
        (json.dumps(GOOD | {"figures": [0.5]}), "AttributeError"),
        (json.dumps(GOOD | {"figures": {"accuracy": "x"}}), 'accuracy="x": ex'),
        (json.dumps(GOOD | {"figures": {"accuracy": math.nan}}), "NaN: expect"),
        (json.dumps(GOOD | {"parameters": None}), "parameters=null: expected"),
        (None, "Is a directory"),
    ],
)
def test_a_damaged_result_is_said(tmp_path, caplog, text, reason):
    request, path = {"model": "gan"}, tmp_path / "result.json"
    job = reproduce.TableJob(
        "R", 0, tmp_path, request, "last", ("accuracy",), "cpu"
    )
    with caplog.at_level("WARNING", "absl"):
        assert reproduce._done(job) is None and not caplog.records
        path.mkdir() if text is None else path.write_text(text)
        assert reproduce._done(job) is None
    (record,) = caplog.records
    line = record.getMessage()
    assert line.startswith(f"{path}: damaged (") and reason in line
    assert line.endswith("it is made anew.") and "\n" not in line
    if text is not None:
        path.write_text(json.dumps(GOOD))
        assert reproduce._done(job) == Result({"accuracy": 0.5}, 7)


def test_the_papers_figures():
    """Two that the text of Liu et al. 2016 names: nearly 2 % above SPINN."""
    rows = papers.TABLES["inner_attention_3"].rows
    paper = {row.name: row.paper for row in rows}
    assert paper["+ Diversing input"] - paper["SPINN-NP encoders"] == (
        pytest.approx(1.8)
    )


def test_a_table_may_ask_for_measures(tmp_path, monkeypatch):
    """Such as one that no model is measured by unless it is named."""

    class Half:
        def accuracy(self, x, label):
            return 0.5

    def train(*examples, progress):
        return Half()

    monkeypatch.setattr(translated_labels, "train_classifier", train)
    table = Table(
        (Row("pix2pix", None, "pix2pix"),),
        "paper",
        {"target_accuracy_translated": "ours", "l1": "distance"},
        measures=("translated_labels",),
    )
    text, _ = reproduced(tmp_path, content=table)
    assert text[2].startswith("| pix2pix |  | 50.00 % |")


def test_only_some_rows():
    """What only views their runs is kept with them."""
    assert SMALL.only("") == SMALL
    table = papers.TABLES["completion"].only("^BiGAN, search")
    names = [row.name for row in table.rows]
    assert names == ["BiGAN, search", "BiGAN, encoder", "BiGAN, both"]
    with pytest.raises(UserError, match=r"^rows=\(: no regular expression"):
        table.only("(")
    with pytest.raises(UserError, match="^rows=VAE: expected to match one of"):
        table.only("VAE")

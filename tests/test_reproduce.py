import json
import re

import pytest

from tfgen import registry, reproduce, tables
from tfgen.errors import UserError
from tfgen.reproduce import Result
from tfgen.tables import Row
from tfgen.train.strategy import make_strategy

ROWS = (
    Row("Basic model", 83.3, "inner_attention", ("network.attention=false",)),
    Row("+ Inner-Attention", 84.2, "inner_attention"),
    Row("SPINN", 83.2),
)


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Reproduces a small table; returns it and the lines of progress."""
    monkeypatch.setitem(tables.TABLES, "small", ROWS)

    def reproduced(*overrides, seeds=2):
        said = []
        table = reproduce.reproduce(
            "small",
            tmp_path,
            seeds,
            "tiny",
            None,
            overrides,
            make_strategy("cpu"),
            said.append,
        )
        return table.splitlines(), said

    return reproduced


def test_rows_are_trained_once(call, tmp_path, monkeypatch):
    table, said = call(seeds=1)
    assert [line.split("] ")[-1] for line in said[::2]] == [
        "1 of 2: Basic model, seed 0",
        "2 of 2: + Inner-Attention, seed 0",
    ]
    assert table[2].startswith("| Basic model | 83.30 % | ")
    assert table[4] == "| SPINN | 83.20 % | not here |  |  |  |"
    assert (tmp_path / "small.md").read_text().splitlines() == table

    folder = tmp_path / "small" / "inner-attention" / "seed-0"
    before = json.loads((folder / "config.json").read_text())
    assert before["train"]["seed"] == 0 and before["network"]["attention"]

    # A second seed trains the second seed alone; what was done stays as it is.
    trained = []
    start = reproduce.experiment.start

    def spy(folder, **request):
        trained.append(folder.name)
        return start(folder, **request)

    monkeypatch.setattr(reproduce.experiment, "start", spy)
    table, _ = call(seeds=2)
    assert trained == ["seed-1", "seed-1"]
    assert re.search(
        r"\| \d+\.\d\d % \| ± \d+\.\d\d \| 2 \| [\d,]+ \|", table[2]
    )

    # A damaged result is made again, from the run that is there.
    (folder / "result.json").write_text("{")
    assert call(seeds=2)[0] == table
    assert trained == ["seed-1", "seed-1", "seed-0"]


def test_more_steps_go_on_from_the_run(call, tmp_path):
    call(seeds=1)
    call("train.steps=6", seeds=1)
    folder = tmp_path / "small" / "basic-model" / "seed-0"
    assert [p.name for p in sorted(folder.glob("checkpoints/last-*"))][-1] == (
        "last-0000000006"
    )


def test_other_settings_need_another_workdir(call):
    call(seeds=1)
    with pytest.raises(
        UserError, match="holds a run with network.units=5, not"
    ):
        call("network.units=4", seeds=1)


@pytest.mark.parametrize(
    "override", ["train.seed=1", "network.attention=true", "attention=true"]
)
def test_what_the_rows_set(call, override):
    with pytest.raises(UserError) as error:
        call(override)
    name = override.partition("=")[0]
    assert str(error.value) == (
        f"--set {override}: the rows of the table differ in {name}; leave it"
        " out (--seeds says how many seeds)."
    )


def test_table():
    """Of 0.8 and 0.9: mean 85, 12.706 standard errors of 5 each."""
    results = {"Basic model": [Result(0.8, 1000), Result(0.9, 1000)]}
    table = reproduce.format_table(ROWS, results).splitlines()
    assert table[0] == (
        "| model | paper, SNLI | ours | 95 % | seeds | parameters |"
    )
    assert table[2] == (
        "| Basic model | 83.30 % | 85.00 % | ± 63.53 | 2 | 1,000 |"
    )
    assert "not here" in table[3]


def test_one_seed_has_no_interval():
    table = reproduce.format_table(ROWS[:1], {"Basic model": [Result(1.0, 7)]})
    assert table.splitlines()[2] == (
        "| Basic model | 83.30 % | 100.00 % |  | 1 | 7 |"
    )


@pytest.mark.parametrize("table", tables.TABLES)
def test_rows_are_settings_of_models(table):
    """Each row builds, and no two rows of a table are the same."""
    from tfgen.config import apply_overrides

    names = [row.name for row in tables.TABLES[table]]
    assert len({reproduce._slug(name) for name in names}) == len(names)
    networks = []
    for row in tables.TABLES[table]:
        if row.model:
            presets = registry.get(row.model).load().PRESETS
            preset = presets["grammar"]
            networks.append((row.model, apply_overrides(preset, row.overrides)))
    assert len(set(networks)) == len(networks)


def test_the_papers_figures():
    """Two that the text of Liu et al. 2016 names: nearly 2 % above SPINN."""
    paper = {row.name: row.paper for row in tables.TABLES["inner_attention_3"]}
    assert paper["+ Diversing input"] - paper["SPINN-NP encoders"] == (
        pytest.approx(1.8)
    )

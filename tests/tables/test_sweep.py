import itertools
import math
import sys
import types

import pytest

from tfgen.errors import UserError
from tfgen.tables import guided
from tfgen.tables import sweep as sweeps
from tfgen.tables.sweep import draws, parse


def first(count, sampler, *search, seed=0):
    spaces = [parse(text) for text in search]
    return list(itertools.islice(draws(spaces, sampler, seed), count))


def test_a_grid_is_every_combination_once():
    assert first(9, "grid", "a=1,2", "b=3|4,5") == [
        ("a=1", "b=3"),
        ("a=1", "b=4,5"),
        ("a=2", "b=3"),
        ("a=2", "b=4,5"),
    ]
    with pytest.raises(UserError, match="search=a: a grid has no ranges"):
        first(1, "grid", "a=1..2")


def test_more_trials_go_on_from_the_same_ones():
    search = "rate=1e-4..1e-1", "size=8..16", "cell=lstm,gru"
    few, many = (first(n, "random", *search) for n in (3, 200))
    assert many[:3] == few
    rates, sizes, cells = (
        [setting.partition("=")[2] for setting in column]
        for column in zip(*many)
    )
    assert set(sizes) == {str(n) for n in range(8, 17)}
    assert set(cells) == {"lstm", "gru"}
    # By logarithms: a third of the draws in each factor of ten.
    below = sum(float(rate) < 1e-3 for rate in rates) / len(rates)
    assert 0.2 < below < 0.47
    assert first(3, "random", *search, seed=1) != few


@pytest.mark.parametrize("text", ["a", "a=", "=1", "a=1,,2"])
def test_a_search_that_cannot_be_read(text):
    with pytest.raises(UserError, match="^search=.*: expected name=a,b,c"):
        parse(text)


# Whole searches, of trainings that are not made.

REQUEST = {"model": "real_nvp", "preset": "toy", "data": None, "overrides": []}


class Pretend:
    """A run whose validation is its learning rate's distance from 0.01."""

    trained: list = []
    together: list = []

    @classmethod
    def start(cls, folder, overrides, **_):
        made = cls()
        made.folder, made.overrides = folder, overrides
        return made

    def train(self, strategy):
        del strategy
        self.folder.mkdir(parents=True, exist_ok=True)
        (text,) = self.overrides
        rate = float(text.partition("=")[2])
        if rate > 0.5:
            raise UserError("learning_rate: not finite")
        self.trained.append(self.folder.name)
        return types.SimpleNamespace(best=abs(rate - 0.01), best_step=2)


def here(function, jobs, parallel):
    """`each_in_a_process`, in this one."""
    Pretend.together.append(parallel)
    for job in jobs:
        yield job, function(job)


@pytest.fixture
def search(tmp_path, monkeypatch):
    """Returns the table and the lines of a search, and what was trained."""
    monkeypatch.setattr(sweeps, "Run", Pretend)
    monkeypatch.setattr(sweeps, "make_strategy", str)
    monkeypatch.setattr(sweeps, "each_in_a_process", here)

    def call(*values, count=9, sampler="grid", parallel=None):
        Pretend.trained, Pretend.together, said = [], [], []
        text = sweeps.sweep(
            tmp_path,
            REQUEST,
            [f"*.learning_rate={','.join(values)}"],
            count,
            sampler,
            0,
            "cpu",
            parallel,
            said.append,
        )
        assert (tmp_path / "sweep.md").read_text() == text + "\n"
        return text, said, Pretend.trained

    return call


def test_the_table_has_the_best_first_and_failures_last(search):
    text, said, _ = search("0.9", "0.03", "0.012")
    assert text.splitlines() == [
        "| trial | *.learning_rate | best validation | step |",
        "|---|---|---|---|",
        "| trial-002 | 0.012 | 0.002 | 2 |",
        "| trial-001 | 0.03 | 0.02 | 2 |",
        "| trial-000 | 0.9 | learning_rate: not finite | 0 |",
    ]
    assert said[0] == "3 trials, of which 0 done"
    assert "trial-001 *.learning_rate=0.03: best 0.02" in said


def test_the_first_trial_says_how_many_fit(search):
    search("0.1", "0.2", "0.3")
    one, others = Pretend.together
    assert one == 1 <= others
    search("0.1", "0.2", "0.4", parallel=2)
    assert Pretend.together == [2]


def test_a_search_goes_on_where_it_stopped(search, tmp_path):
    search("0.1", "0.2", "0.3", count=2)
    assert Pretend.trained == ["trial-000", "trial-001"]
    (tmp_path / "trial-001" / "trial.json").unlink()
    text, said, trained = search("0.1", "0.2", "0.3")
    assert said[0] == "3 trials, of which 1 done"
    assert trained == ["trial-001", "trial-002"]
    assert "| trial-000 | 0.1 |" in text


def nearest(spaces, sampler, seed, done, number):
    """In the place of Optuna: near to the best so far."""
    del spaces, sampler, seed
    best = min(done, key=lambda pair: pair[1], default=(["=0.4"], 0))
    rate = float(best[0][0].partition("=")[2]) / (2 + 0.01 * number)
    return (f"*.learning_rate={rate:.4g}",)


def test_a_guided_search_learns_and_goes_on(search, monkeypatch, tmp_path):
    monkeypatch.setattr(guided, "ask", nearest)
    search("1e-3..1", count=2, sampler="tpe")
    assert Pretend.trained == ["trial-000", "trial-001"]
    (tmp_path / "trial-001" / "trial.json").unlink()
    text, said, trained = search("1e-3..1", count=6, sampler="tpe", parallel=2)
    assert said[0] == "6 trials, of which 1 done"
    # The one that was asked for, and then two at a time.
    assert trained == [f"trial-{i:03}" for i in (1, 2, 3, 4, 5)]
    assert Pretend.together == [2, 2, 2]
    assert float(text.splitlines()[2].split("|")[3]) < 0.04
    with pytest.raises(UserError, match="holds a search of .*; name another"):
        search("1e-2..1", sampler="tpe")


def test_optuna_is_asked_for_by_name(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UserError, match="sampler=tpe: needs Optuna: pip inst"):
        guided.ask([parse("a=1,2")], "tpe", 0, [], 0)


def test_optuna_is_told_what_is_done():
    pytest.importorskip("optuna")
    spaces = [parse("a=1e-4..1e-1"), parse("b=8..16"), parse("c=x|y,z")]
    done = []
    for number in range(12):
        settings = guided.ask(spaces, "tpe", 3, done, number)
        assert settings == guided.ask(spaces, "tpe", 3, done, number)
        a, b, c = (setting.partition("=")[2] for setting in settings)
        assert 1e-4 <= float(a) <= 1e-1 and b in map(str, range(8, 17))
        assert c in ("x", "y,z")
        best = math.inf if number == 5 else abs(math.log(float(a) / 0.01))
        done.append((settings, best))
    assert len({settings for settings, _ in done}) > 6

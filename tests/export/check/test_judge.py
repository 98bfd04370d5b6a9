import dataclasses

import pytest

from export.calls import Call
from export.check.judge import choose, judge, require
from export.check.task import Task
from export.report import Report
from tfgen.errors import UserError

ERRORS = {"log_prob": 1e-5}
# 100 weights of 4 bytes.
SAVED_MODEL = Report(
    "saved_model", 900, ERRORS, 1e-4, 4.0, weights=400, score=2.0
)
EXAMPLE = Call("log_prob", True, {})


def row(artefact, size=500, milliseconds=1.0, **more):
    return Report(artefact, size, ERRORS, 1e-2, milliseconds, **more)


def flow(allowed=0.05):
    return Task("bits_per_dim", EXAMPLE, lambda outputs: 0.0, allowed)


@pytest.mark.parametrize(
    "kind, weights", [("float32", 400), ("float16", 200), ("int8", 100)]
)
def test_weights_in_each_kind(kind, weights):
    judged = judge(row(kind), SAVED_MODEL, None)
    assert (judged.weights, judged.problem) == (weights, "")


def test_a_file_that_lost_its_weights():
    """What `from_concrete_functions` may write: a graph, and no weights."""
    judged = judge(row("float32", size=350), SAVED_MODEL, None)
    assert judged.problem == "350 bytes, but its weights take 400"
    # As many bytes are enough if the weights are half as large.
    judged = judge(row("float16", size=350), SAVED_MODEL, None)
    assert not judged.problem


@pytest.mark.parametrize("found", ["not converted", "not checked"])
def test_a_full_disk_is_not_the_fault_of_an_artefact(found):
    """What a process says of it, whatever it did."""
    problem = f"{found}: OSError: [Errno 28] No space left on device: 'x'"
    rows = [SAVED_MODEL, row("int8", problem=problem)]
    with pytest.raises(OSError, match="No space left on device"):
        require(rows, one_will_do=False)
    require([SAVED_MODEL, row("int8", problem="not finite: z")], False)


def test_what_rounding_costs_a_flow():
    good = row("int8", score=2.049)
    assert not judge(good, SAVED_MODEL, flow()).problem
    bad = row("int8", score=2.25)
    judged = judge(bad, SAVED_MODEL, flow())
    assert judged.problem == "costs 0.25 bits_per_dim, allowed 0.05"
    nan = row("int8", score=float("nan"))
    assert "costs nan" in judge(nan, SAVED_MODEL, flow()).problem
    # Where nothing is promised, nothing is refused.
    assert not judge(bad, SAVED_MODEL, flow(None)).problem


def test_what_rounding_costs_a_classifier():
    """Higher is better here."""
    task = Task("accuracy", EXAMPLE, lambda outputs: 0.0, 0.01, True)
    saved_model = dataclasses.replace(SAVED_MODEL, score=0.9)
    for score, problem in ((0.891, ""), (0.95, ""), (0.88, "costs 0.02")):
        judged = judge(row("int8", score=score), saved_model, task)
        assert judged.problem[:10] == problem


ROWS = [
    SAVED_MODEL,
    row("float32", 900, 0.5),
    row("float16", 500, 0.7),
    # As small as it is slow: transposed convolutions with weights of 8 bits.
    row("dynamic_range", 300, 30.0),
    row("int8", 100, 0.1, problem="costs 1 bits_per_dim, allowed 0.05"),
]


@pytest.mark.parametrize(
    "target, best, others",
    [
        ("latency", "float32", ["float16", "dynamic_range"]),
        ("size", "dynamic_range", ["float32", "float16"]),
    ],
)
def test_choose(target, best, others):
    """One that costs too much is not chosen, small and fast as it may be."""
    word = {"latency": "faster", "size": "smaller"}[target]
    chosen = {r.artefact: r.problem for r in choose(ROWS, target)}
    assert chosen == {
        "saved_model": "",
        best: "",
        "int8": "costs 1 bits_per_dim, allowed 0.05",
        **{other: f"{best} is {word}" for other in others},
    }


def test_nothing_to_choose(capsys):
    with pytest.raises(UserError, match="no TFLite file may be shipped; the t"):
        choose([SAVED_MODEL, ROWS[-1]], "size")
    assert "costs 1 bits_per_dim" in capsys.readouterr().err


def test_what_is_required(capsys):
    wrong = [SAVED_MODEL, row("float32", problem="error 1"), row("float16")]
    with pytest.raises(UserError, match="float32: error 1; nothing was exp"):
        require(wrong, one_will_do=False)
    # The figures of all artefacts are shown all the same.
    assert "float16" in capsys.readouterr().err
    # Where one is chosen of many, another one will do; but not for servers.
    require(wrong, one_will_do=True)
    with pytest.raises(UserError, match="saved_model: error 1"):
        require(
            [dataclasses.replace(SAVED_MODEL, problem="error 1")],
            one_will_do=True,
        )

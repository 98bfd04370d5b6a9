import dataclasses

import numpy as np
import pytest

from export.calls import Call
from export.check.judge import judge
from export.check.outside import Outside, made_of, outside_of
from export.report import Report
from tests.export.runs import run_of

KINDS = {"data": slice(0, 4), "noise": slice(4, 8)}


def test_auroc_by_hand():
    """Of 16 pairs of a row of data and one of noise, which is the better."""
    outside = Outside(Call("log_prob", True, {}), "log_prob", KINDS)
    scores = np.array([4.0, 3, 2, 0.5, 1, 1, 0, 3])
    better = 4 + 3.5 + 3 + 1
    assert outside.auroc({"log_prob": scores}) == {"noise": better / 16}
    energy = Outside(outside.call, "energy", KINDS)
    assert energy.auroc({"energy": -scores}) == {"noise": better / 16}
    same = {"log_prob": np.exp(scores)}
    assert outside.rank_correlation({"log_prob": scores}, same) == 1
    assert outside.rank_correlation({"log_prob": 0 * scores}, same) == 0


def test_kinds_of_pictures():
    x = np.zeros((3, 4, 4, 1), np.float32)
    x[:, 0, 0] = 16
    kinds = made_of(x, 17)
    assert list(kinds) == ["data", "inverted", "shifted", "noise", "blank"]
    assert kinds["inverted"][0, 0, 0] == 0 and kinds["inverted"].max() == 16
    assert kinds["shifted"][0, 1, 1] == 16
    for rows in kinds.values():
        assert rows.shape == x.shape and rows.dtype == np.float32
        assert set(np.unique(rows)) <= set(range(17))
    assert np.ptp(kinds["noise"]) == 16


def test_a_score_that_saturates_is_left_out():
    """As 8 bits do: nothing is worse than the worst row of calibration."""
    score = np.random.default_rng(0).normal(size=1000)
    score[500:] -= 4
    outside = Outside(
        Call("log_prob", True, {}),
        "log_prob",
        {"data": slice(0, 500), "noise": slice(500, 1000)},
    )

    def report(kind, values):
        outputs, first = {"log_prob": values}, {"log_prob": score}
        auroc, ranks = (
            outside.auroc(outputs),
            outside.rank_correlation(outputs, first),
        )
        return Report(kind, 500, auroc=auroc, ranks=ranks)

    saved_model = report("saved_model", score)
    assert not judge(report("int8", score + 0.1), saved_model, None).problem
    judged = judge(report("int8", np.maximum(score, 0)), saved_model, None)
    assert judged.problem.startswith("the AUROC of data and noise rows is 0.7")
    assert judged.problem.endswith("the SavedModel's 0.997")
    noisy = dataclasses.replace(saved_model, artefact="int8", ranks=0.9)
    assert judge(noisy, saved_model, None).problem == (
        "orders rows otherwise: rank correlation 0.900, allowed 0.95"
    )


@pytest.mark.parametrize(
    "model, signature, kinds",
    [
        ("real_nvp", "log_prob_with_noise", 5),
        ("ebgan", "energy", 5),
        ("vae", "elbo_with_noise", 5),
    ],
)
def test_which_score(tmp_path, model, signature, kinds):
    outside = outside_of(run_of(tmp_path, model))
    assert outside.call.signature == signature
    assert {*map(len, outside.call.inputs.values())} == {180 * kinds}


def test_no_score(tmp_path):
    assert outside_of(run_of(tmp_path, "gan")) is None

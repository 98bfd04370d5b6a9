import math

from export.report import Report, format_table

ERRORS = {"encode": 2e-5, "log_prob": 3e-5}
ALLOWED = 1e-4


def test_worst():
    assert Report("float32", 1, ERRORS, ALLOWED).worst == "log_prob"
    errors = {**ERRORS, "encode": math.nan}
    assert Report("float32", 1, errors, ALLOWED).worst == "encode"


def test_table():
    rows = [
        Report("saved_model", 3_392_103, ERRORS, ALLOWED, 2.3191),
        Report(
            "float32",
            690,
            ERRORS,
            ALLOWED,
            0.5,
            0.4,
            55.4,
            weights=600,
            metric="bits_per_dim",
            score=1.96424,
        ),
        Report("float16", problem="not converted: the process ended"),
    ]
    head, first, second, third = format_table(rows).splitlines()
    assert head.split() == (
        "artefact bytes /weights error allowed in bits_per_dim ms ms, 2 of SM"
        " MB".split()
    )
    assert first.split() == (
        "saved_model 3,392,103 - 3.0e-05 1.0e-04 log_prob - 2.319 - - -".split()
    )
    # 690 / 600; a half is 22 % of 2.3191.
    assert second.split() == (
        "float32 690 1.15 3.0e-05 1.0e-04 log_prob 1.9642 0.500 0.400 0.22"
        " 55".split()
    )
    assert third.endswith("not shipped: not converted: the process ended")
    assert third.index("not shipped") > head.index("MB")

import math

from export.table import Row, format_table

ERRORS = {"encode": 2e-5, "log_prob": 3e-5}
ALLOWED = 1e-4


def test_worst():
    assert Row("float32", 1, ERRORS, ALLOWED).worst == "log_prob"
    errors = {**ERRORS, "encode": math.nan}
    assert Row("float32", 1, errors, ALLOWED).worst == "encode"


def test_table():
    rows = [
        Row("saved_model", 3_392_103, ERRORS, ALLOWED, 2.3191),
        Row("float16", problem="not converted: the process ended"),
    ]
    head, first, second = format_table(rows).splitlines()
    assert head.split() == "artefact bytes error allowed in ms/call".split()
    assert first.split() == (
        "saved_model 3,392,103 3.0e-05 1.0e-04 log_prob 2.319".split()
    )
    assert second.endswith("not shipped: not converted: the process ended")
    assert second.index("not shipped") > head.index("ms/call")

import json
import types

import pytest

from benchmarks import tables


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """Commands that would run; ours leave what a run leaves."""
    found = []

    def python(interpreter, module, *arguments):
        found.append([module, *map(str, arguments)])
        if module == "benchmarks.peers.tables_nflows":
            with open(arguments[-1], "w") as file:
                json.dump({"log_likelihood": -1.0, "two_std_errors": 0.1}, file)
            return
        options = dict(a.lstrip("-").split("=", 1) for a in arguments)
        workdir = tmp_path / options["workdir"]
        workdir.mkdir(exist_ok=True)
        figures = {"log_likelihood": -2.0, "log_likelihood_two_std_errors": 0.2}
        (workdir / "evaluation.json").write_text(json.dumps(figures))
        network = {"couplings": 8, "layers": 5, "hidden": [16, 16]}
        config = {"network": network}
        (workdir / "config.json").write_text(json.dumps(config))

    monkeypatch.setattr(tables, "_python", python)
    monkeypatch.setattr(tables, "write_arrays", lambda *_: None)
    monkeypatch.setattr(tables, "mixture", lambda *_: {"gaussians": 1})
    flags = types.SimpleNamespace(
        python="peer", steps=None, model=[*tables.MODELS]
    )
    monkeypatch.setattr(tables, "FLAGS", flags)
    return found


def test_a_peer_gets_our_size_of_each_model(asked, tmp_path):
    found = tables.compared(tmp_path, "wine", tmp_path / "wine.csv", 1)
    assert list(found) == [
        "mixture",
        *("tfgen", "nflows"),
        *("tfgen-maf", "nflows-maf"),
        *("tfgen-neural_spline", "nflows-neural_spline"),
    ]
    peers = [a for a in asked if a[0].endswith("tables_nflows")]
    assert [(a[1], a[5], a[6]) for a in peers] == [
        ("real_nvp", "8", "16,16"),
        ("maf", "5", "16,16"),
        ("neural_spline", "5", "16,16"),
    ]
    trained = [a[1] for a in asked if a[0] == "apps.train"]
    assert trained == [f"--model={model}" for model in tables.MODELS]
    count = len(asked)
    assert tables.compared(tmp_path, "wine", tmp_path / "wine.csv", 1) == found
    assert len(asked) == count

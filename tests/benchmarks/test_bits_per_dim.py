import json

import numpy as np

from benchmarks import bits_per_dim, write_digits


def test_a_run_is_made_once(tmp_path):
    """Its result is in a file, whole or not there."""
    path, calls = tmp_path / "run.json", []

    def run():
        calls.append(1)
        return {"test_bits_per_dim": 3.5}

    for _ in range(2):
        assert bits_per_dim.once(path, run) == {"test_bits_per_dim": 3.5}
    assert len(calls) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["run.json"]


def test_a_run_of_tfgen(tmp_path, monkeypatch):
    """Steps are what a brief run says of the speed."""
    asked = []

    def python(interpreter, module, *arguments):
        options = dict(a.lstrip("-").split("=", 1) for a in arguments)
        workdir = tmp_path / options["workdir"]
        workdir.mkdir(parents=True, exist_ok=True)
        if module == "apps.evaluate":
            text = json.dumps({"bits_per_dim": 3.25})
            (workdir / "evaluation.json").write_text(text)
            return
        asked.append([a for a in arguments if "steps" in a or "preset" in a])
        line = json.dumps({"step": 60, "steps_per_second": 2.5})
        (workdir / "metrics.jsonl").write_text(line)

    monkeypatch.setattr(bits_per_dim, "_python", python)
    found = bits_per_dim.ours(
        tmp_path / "run", "glow", "npz:/some/mnist.npz", 1, 100
    )
    assert (found["steps"], found["test_bits_per_dim"]) == (225, 3.25)
    assert asked == [
        ["--preset=mnist", "--set=train.steps=60"],
        ["--preset=mnist", "--set=train.steps=225"],
    ]


def test_images_for_the_peers(tmp_path):
    path = tmp_path / "digits.npz"
    write_digits.write(path)
    with np.load(path) as arrays:
        assert arrays["train"].shape == (1437, 8, 8, 1)
        assert arrays["levels"] == 17

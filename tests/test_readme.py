"""The README's Python example."""

import pathlib
import re

from tests.export.in_process import in_process

ROOT = pathlib.Path(__file__).parents[1]


def test_the_example_runs(tmp_path, monkeypatch, capsys):
    """In a folder of its own, and for a few steps."""
    text = (ROOT / "README.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", text, flags=re.S)
    assert len(example.strip().splitlines()) == 10
    short = example.replace("steps=200", 'steps=4, preset="tiny"')
    assert short != example
    monkeypatch.chdir(tmp_path)
    names = {}
    with in_process():
        exec(short, names)
    assert names["pictures"].shape == (16, 8, 8, 1)
    assert float(capsys.readouterr().out) > 0
    assert list((tmp_path / "runs/mine/export/tflite/gan/1").glob("*.tflite"))

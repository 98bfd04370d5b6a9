"""The README's Python example."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[1]


def test_the_example_runs(tmp_path):
    """In a folder of its own, and for a few steps."""
    text = (ROOT / "README.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", text, flags=re.S)
    assert len(example.strip().splitlines()) == 10
    short = example.replace("steps=200", 'steps=4, preset="tiny"')
    assert short != example
    short += "\nassert pictures.shape == (16, 8, 8, 1)"
    done = subprocess.run(
        [sys.executable, "-c", short],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{ROOT}:{':'.join(sys.path)}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert float(done.stdout) > 0
    assert list((tmp_path / "runs/mine/export/tflite/gan/1").glob("*.tflite"))

"""Folders that look like runs."""

import json


def write_run(folder, rate, records, figures=None):
    folder.mkdir(parents=True)
    config = {
        "model": "gan",
        "preset": "toy",
        "data": {"name": "moons"},
        "spec": {"words": "a b"},
        "network": {"optimizer": {"learning_rate": rate}},
        "train": {"steps": 8},
    }
    (folder / "config.json").write_text(json.dumps(config))
    lines = "".join(json.dumps(r) + "\n" for r in records)
    (folder / "metrics.jsonl").write_text(lines)
    if figures:
        (folder / "evaluation.json").write_text(json.dumps(figures))

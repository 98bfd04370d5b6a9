"""Writes requirements.lock: what pip takes for requirements.txt, with hashes.

For this kind of machine and this Python: CI's. Run after a change of the pins:
  .venv/bin/python .ci/lock.py
"""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[1]
HEAD = """\
# Written by .ci/lock.py from requirements.txt; .ci/audit.py checks it.
# Linux on x86-64, Python 3.11.
"""
PIP = "-m pip install --quiet --dry-run --ignore-installed --report=- -r"


def main() -> None:
    """Resolves the pins, and writes a line for each package."""
    report = subprocess.run(
        [sys.executable, *PIP.split(), str(ROOT / "requirements.txt")],
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    write(json.loads(report))


def write(report: dict) -> None:
    """Writes the lock.

    Args:
      report: as pip writes it.
    """
    lines = []
    for item in report["install"]:
        name, version = (item["metadata"][x] for x in ("name", "version"))
        sha256 = item["download_info"]["archive_info"]["hashes"]["sha256"]
        lines.append(f"{name.lower()}=={version} --hash=sha256:{sha256}")
    text = HEAD + "\n".join(sorted(lines)) + "\n"
    (ROOT / "requirements.lock").write_text(text)


if __name__ == "__main__":
    main()

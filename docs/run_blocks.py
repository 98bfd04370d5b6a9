"""Runs the blocks of the pages and the notebooks, in an empty folder.

A block of `sh` or `python` is run, or has the line `<!-- not run: REASON -->`
before it. Those of pages that follow from the code all have one. Trainings are
brief: commands get `--preset=tiny`, `--steps=4`.

Example:
  python docs/run_blocks.py
  python docs/run_blocks.py --notebooks    # these alone
"""

from __future__ import annotations

import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image

DOCS = pathlib.Path(__file__).parent
ROOT = DOCS.parent
# From the root; `tests/test_your_data.py` runs those of docs/your_data.md.
PAGES = (
    "docs/index.md",
    "docs/exports_in_use.md",
    "docs/scale.md",
    "README.md",
    "CONTRIBUTING.md",
    "export/android/README.md",
    "export/ios/README.md",
)
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
_BLOCK = re.compile(
    r"(?: *<!-- not run: (?P<reason>.+?) -->\n)?"
    r"^(?P<indent> *)```(?P<kind>sh|python)\n(?P<code>.*?)^(?P=indent)```$",
    re.M | re.S,
)
# Trainings, which are made brief.
_TRAINS = re.compile(
    r"^(python -m apps\.(?:train|run|launch|snli)\b[^#\n]*?)( *#.*)?$", re.M
)

_FIT = 'steps=4, preset="tiny"'


class Block(NamedTuple):
    """A block of a page.

    Attributes:
      kind: `sh` or `python`.
      code: as it is on the page.
      reason: why it is not run; or "".
    """

    kind: str
    code: str
    reason: str

    @property
    def brief(self) -> str:
        """The code with brief trainings."""
        if self.kind == "python":
            code = re.sub(r"(?<!\.)steps=\d+", _FIT, self.code)
            return re.sub(r"train\.steps=\d+", "train.steps=4", code)
        return _TRAINS.sub(_brief, self.code)


def blocks(text: str) -> Iterator[Block]:
    """Yields the blocks of a page that name their language."""
    for match in _BLOCK.finditer(text):
        code = textwrap.dedent(match["code"])
        yield Block(match["kind"], code, match["reason"] or "")


def stray(text: str) -> Iterator[str]:
    """Yields commands and imports that are in no block of `sh` or `python`."""
    language = None
    for line in text.splitlines():
        if fence := re.match(r" *```(\S*)", line):
            language = None if language is not None else fence[1]
        elif language in ("sh", "python"):
            continue
        elif re.match(r" *(\$ )?(python3? -m |pip |cp |import )", line):
            # A line of prose may begin with such a word.
            if language is not None or line.startswith((" ", "$")):
                yield line


def _generated() -> dict[str, str]:
    sys.path.insert(0, str(DOCS))
    import pages

    return pages.pages()


def cells(notebook: pathlib.Path) -> Block:
    """Returns the code of a notebook."""
    told = json.loads(notebook.read_text())
    code = ("".join(c["source"]) for c in told["cells"] if _is_code(c))
    return Block("python", "\n".join(code) + "\n", "")


def _is_code(cell) -> bool:
    return cell["cell_type"] == "code"


def _brief(match) -> str:
    command, comment = match.groups(default="")
    if "apps.snli" in command and "--mode=train" not in command:
        return match[0]
    return f"{command} --preset=tiny --steps=4{comment}"


def main() -> int:
    """Returns the number of blocks that failed."""
    failed = 0
    pages = {page: (ROOT / page).read_text() for page in PAGES} | _generated()
    if sys.argv[1:] == ["--notebooks"]:
        pages = {}
    with tempfile.TemporaryDirectory() as work:
        _write_photos(pathlib.Path(work, "photos"))
        for page, text in pages.items():
            left = collections.Counter()
            for block in blocks(text):
                first = block.code.strip().splitlines()[0]
                if block.reason:
                    left[block.reason] += 1
                else:
                    failed += not _run(page, block, first, work)
            for reason, count in left.items():
                print(f"{page}: {count} not run: {reason}")
        for notebook in NOTEBOOKS:
            block = cells(notebook)
            failed += not _run(notebook.name, block, "all cells", work)
    return failed


def _write_photos(folder: pathlib.Path) -> None:
    """A folder of pictures, which some blocks ask for."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for i in range(60):
        levels = random.integers(256, size=(64, 64, 3)).astype(np.uint8)
        Image.fromarray(levels).save(folder / f"{i}.png")


def _run(page: str, block: Block, first: str, work: str) -> bool:
    began = time.monotonic()
    bin_path = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": bin_path}
    environment["MPLBACKEND"] = "agg"  # no screen
    shell = ["bash", "-e"] if block.kind == "sh" else [sys.executable, "-"]
    done = subprocess.run(
        shell,
        input=block.brief,
        cwd=work,
        env=environment,
        text=True,
        capture_output=True,
    )
    seconds = time.monotonic() - began
    state = "ok" if done.returncode == 0 else "FAILED"
    print(f"{page}: {state}, {seconds:.0f} s: {first}", flush=True)
    if done.returncode:
        print(done.stdout[-2000:], done.stderr[-2000:], sep="\n")
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())

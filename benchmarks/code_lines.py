"""Counts lines of code: without blank lines, comments and docstrings.

Example:
  python -m benchmarks.code_lines
  python -m benchmarks.code_lines --against=v0.1
"""

import ast
import io
import pathlib
import subprocess
import tokenize

from absl import app, flags

ROOT = pathlib.Path(__file__).parents[1]
PRODUCT = ("tfgen", "export", "serving", "apps")
_SILENT = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}


def code_lines(source: str) -> int:
    """Returns how many lines of a Python file hold code."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _SILENT:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        kinds = ast.Module | ast.ClassDef | ast.FunctionDef
        if isinstance(node, kinds) and ast.get_docstring(node, clean=False):
            text = node.body[0]
            lines -= set(range(text.lineno, text.end_lineno + 1))
    return len(lines)


def count(revision: str = "") -> dict[str, int]:
    """Returns lines by top folder: of the files here, or of a Git revision."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, check=True
        ).stdout

    if revision:
        names = git("ls-tree", "-r", "--name-only", revision).splitlines()
    else:
        names = git("ls-files").splitlines()
    found = dict.fromkeys(PRODUCT, 0)
    for name in names:
        top = name.split("/")[0]
        if top in found and name.endswith(".py"):
            text = (
                git("show", f"{revision}:{name}")
                if revision
                else (ROOT / name).read_text()
            )
            found[top] += code_lines(text)
    return found


def main(argv):
    del argv
    now = count()
    before = count(FLAGS.against) if FLAGS.against else {}
    for name in (*PRODUCT, "total"):
        values = [
            sum(lines.values()) if name == "total" else lines[name]
            for lines in (now, before)
            if lines
        ]
        change = f"{values[0] / values[1] - 1:+.1%}" if before else ""
        print(f"{name:8}", *(f"{value:7,}" for value in values), change)


if __name__ == "__main__":
    FLAGS = flags.FLAGS
    flags.DEFINE_string("against", None, "A Git revision to compare with.")
    app.run(main)

"""The command `tfgen`: `tfgen train …` is `python -m apps.train …`."""

import ast
import pathlib
import runpy
import sys

_NOT_APPS = ("__init__", "console", "flags")


def commands() -> dict[str, str]:
    """Returns name -> the first line of what it does."""
    return {
        path.stem: ast.get_docstring(ast.parse(path.read_text())).split("\n")[0]
        for path in sorted(pathlib.Path(__file__).parent.glob("*.py"))
        if path.stem not in _NOT_APPS
    }


def main() -> None:
    """Runs the app that the first argument names."""
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    known = commands()
    if name in known:
        del sys.argv[1]
        runpy.run_module(f"apps.{name}", run_name="__main__", alter_sys=True)
        return
    lines = [f"  tfgen {n:10} {text}" for n, text in known.items()]
    usage = "\n".join([*lines, "", "tfgen COMMAND --help says more."])
    if name in ("--help", "-h", "help"):
        print(usage)
    else:
        print(f"tfgen {name}: unknown command.\n{usage}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()

"""The error a user can mend: one line, no traceback."""

import difflib
from collections.abc import Iterable


class UserError(ValueError):
    """What was wrong with which argument, and what would be right.

    The apps print it as one line and exit with a non-zero code; `--debug` shows
    the traceback as well.
    """


def one_of(
    setting: str, name: str, known: Iterable[str], what: str = ""
) -> str:
    """Returns `name` if it is `known`.

    Args:
      setting: that has the name, for the error.
      name: what the user asked for.
      known: the names there are.
      what: they are of, in words.

    Raises:
      UserError: it is not; the error lists the names and the nearest one.
    """
    known = list(known)
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise UserError(
        f"{setting}={name}: unknown.{hint} Known{what and f' {what}'}:"
        f" {', '.join(known)}."
    )

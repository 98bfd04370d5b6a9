"""The error a user can mend: one line, no traceback."""


class UserError(ValueError):
    """What was wrong with which argument, and what would be right.

    The apps print it as one line and exit with a non-zero code; `--debug` shows
    the traceback as well.
    """

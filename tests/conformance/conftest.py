"""What a process pays once, for whichever model comes first, is none's."""

import pytest
import tensorflow_probability  # noqa: F401

from tests.conformance import zoo
from tfgen.nli.grammar.quantifiers import quantifier_table


@pytest.fixture(scope="session", autouse=True)
def started():
    """A first trace of a step, and a first reading of the data."""
    zoo.steps("gan").run()
    quantifier_table()

import pytest

from tfgen.config import Column, DataSpec, Field
from tfgen.data.settings import DataConfig
from tfgen.models import conditions
from tfgen.models.flows import real_nvp

NUMBERS = Field("condition", (1,), columns=(Column("dose", 0.0, 1.0),))
FACTORS = Field("factors", (4,))


@pytest.mark.parametrize(
    "classes, fields, known",
    [
        (0, (), ()),
        (0, (FACTORS,), ()),
        (3, (FACTORS,), ("label",)),
        (3, (NUMBERS,), ("label", "condition")),
        (3, (Field("attributes", (40,)), NUMBERS), ("label", "condition")),
        (0, (Field("attributes", (40,)), NUMBERS), ("attributes", "condition")),
    ],
)
def test_what_may_be_a_condition(classes, fields, known):
    """Tables have settings that use it where there is one, and only there."""
    columns = (Column("a", 0.0, 1.0),)
    spec = DataSpec((1,), 0, classes, fields=fields, columns=columns)
    assert conditions.known(spec) == known
    network = real_nvp.auto(spec, 100, DataConfig("csv:x.csv")).network
    assert network.conditional == bool(known)

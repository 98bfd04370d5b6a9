import numpy as np
import pytest

from tfgen.config import Field
from tfgen.measures import translations


@pytest.mark.parametrize(
    "channels, of_y, copied",
    [(3, 1, None), (6, 3, [3, 4, 5]), (4, 1, [3]), (3, 3, [0, 1, 2])],
)
def test_what_a_copy_is(channels, of_y, copied):
    """Not the blue of a picture in colour beside a gray one."""
    fields = tuple(
        Field(name, (8, 8, c), 256)
        for name, c in (("x", channels), ("y", of_y))
    )
    x, y = (np.random.default_rng(0).random((2, *f.shape)) for f in fields)
    found = translations.last_frame(
        translations.Translations(x, y, y, fields, "")
    )
    if copied is None:
        assert found is None
    else:
        np.testing.assert_array_equal(found, x[..., copied])

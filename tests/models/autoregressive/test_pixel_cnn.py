import numpy as np
import pytest

from tests.models.test_pixels import build, seen
from tfgen.errors import UserError

pytestmark = pytest.mark.usefixtures("float64")


def test_the_blind_spot():
    """Row by row, what is seen reaches one more column to the right."""
    model = build("pixel_cnn", (4, 7, 1), blocks=6)
    row, column = np.divmod(np.arange(28), 7)
    middle = 3 * 7 + 2
    blind = (row < 3) & (column - 2 > 3 - row)
    expected = (np.arange(28) < middle) & ~blind
    np.testing.assert_array_equal(seen(model)[middle], expected)


def test_no_middle_of_a_side_of_two_pixels():
    with pytest.raises(UserError, match=r"^network.side=2: expected an odd"):
        build("pixel_cnn", side=2)

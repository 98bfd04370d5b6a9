"""What stands between data and any flow."""

from tfgen.bijectors.base import Bijector
from tfgen.bijectors.gray_levels import LogitGrayLevels
from tfgen.bijectors.standardize import Standardize
from tfgen.config import DataSpec


def of_data(spec: DataSpec, alpha: float) -> list[Bijector]:
    """Returns the bijectors that a flow of such data begins with.

    Gray levels go to the real line, columns of a table to mean 0 and variance
    1; other real numbers stay as they are.

    Args:
      spec: of the data.
      alpha: see `LogitGrayLevels`.
    """
    if spec.levels:
        return [LogitGrayLevels(spec.levels, alpha, len(spec.shape))]
    return [Standardize(spec.columns)] if spec.columns else []

"""What stands between data and any flow."""

from collections.abc import Callable

from tfgen.bijectors.base import Bijector
from tfgen.bijectors.standardize import Standardize
from tfgen.config import DataSpec


def of_data(spec: DataSpec, gray: Callable[..., Bijector]) -> list[Bijector]:
    """Returns the first bijectors of a flow, which prepare the data.

    Gray levels go where `gray` takes them, real numbers to mean 0 and variance
    1 if these are known.

    Args:
      spec: of the data.
      gray: makes the bijector of so many levels, `LogitGrayLevels` or like.
    """
    if spec.levels:
        return [gray(spec.levels, event_ndims=len(spec.shape))]
    return [Standardize(spec.standard)] if spec.standard else []

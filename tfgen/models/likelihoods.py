"""What a decoder says of each number of an example: p(x_d | z)."""

from typing import Literal

from tfgen.config import DataSpec
from tfgen.errors import UserError
from tfgen.nn import gaussian, levels

Likelihood = Literal["auto", "bernoulli", "logistic", "categorical", "gaussian"]
Density = (
    levels.Bernoulli | levels.Logistic | levels.Categorical | gaussian.Gaussian
)


def density_of(likelihood: Likelihood, spec: DataSpec) -> Density:
    """Returns p(x_d | z), of each number of an example.

    - `bernoulli`, of 2 gray levels alone: a probability. Of others it would be
      no density of x.
    - `logistic`, in the cells of gray levels, and `categorical`, any
      distribution of them: probabilities.
    - `gaussian`, of real numbers: a density, per unit of x.

    Args:
      likelihood: its name; `auto` is the first that fits the data.
      spec: of the data.

    Raises:
      UserError: it does not fit the data.
    """
    kinds = {
        "bernoulli": levels.Bernoulli,
        "logistic": levels.Logistic,
        "categorical": levels.Categorical,
    }
    fitting = ["logistic", "categorical"] if spec.levels else ["gaussian"]
    fitting = ["bernoulli"] if spec.levels == 2 else fitting
    if likelihood not in ("auto", *fitting):
        data = f"{spec.levels} gray levels" if spec.levels else "real numbers"
        binary = likelihood == "bernoulli" and spec.levels
        raise UserError(
            f"network.likelihood={likelihood}: the data are {data}; expected"
            f" {' or '.join(fitting)}{', or data.binarize' if binary else ''}."
        )
    name = fitting[0] if likelihood == "auto" else likelihood
    return kinds[name](spec.levels) if spec.levels else gaussian.Gaussian()

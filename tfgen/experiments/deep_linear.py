"""Deep linear networks: no poor local minima, but bad saddles.

Kenji Kawaguchi: Deep Learning without Poor Local Minima. NIPS 2016.
arXiv:1605.07110.

What is claimed: the loss of a deep linear network,

    L(W) = 1/2 || W_{H+1} ... W_1 X - Y ||_F^2                           (eq. 3)

has no local minimum but the global ones, and where it is no minimum, its
Hessian has a negative eigenvalue if there is one hidden layer, but need not if
there are more.

Here Newton's method in a trust region starts at random weights. It goes on
where the gradient is 0 if a curvature is negative, so it passes saddles, and
would end at a local minimum. The global minimum is that of regression of low
rank, in closed form (Baldi and Hornik 1989). The Hessian is also computed where
all weights are 0.

What deviates, and why:
- The paper's second theorem, of rectifiers, assumes that paths are active or
  not independently of the inputs, which no network does: it is not tried.
"""

import itertools
from collections.abc import Sequence

import numpy as np
import scipy.optimize

from tfgen.tables.papers import Row, Table

PAPER = "Kawaguchi 2016, arXiv:1605.07110"

INPUTS, HIDDEN, OUTPUTS, EXAMPLES = 4, 2, 3, 50
DEPTHS = {f"{n} hidden": n for n in (1, 2, 3, 5)}
STARTS = 20
TABLE = Table(
    tuple(Row(name, None) for name in DEPTHS),
    "paper",
    {
        "at_minimum": "starts that end at the minimum",
        "gap": "largest gap",
        "curvature": "least curvature at 0",
    },
    units={"gap": "of the loss", "curvature": ""},
)
NEAR = 1e-5  # of the loss
CLAIMS = {
    "all starts end at the global minimum": lambda r: all(
        figures["at_minimum"] == 1 for figures in r.values()
    ),
    "at 0, the curvature is negative with one hidden layer alone": lambda r: (
        r["1 hidden"]["curvature"] < -1
        and all(abs(r[name]["curvature"]) < 1e-6 for name in list(DEPTHS)[1:])
    ),
}


def split(w: np.ndarray, widths: Sequence[int]) -> list[np.ndarray]:
    """Returns the matrices W_1, ... of all weights in a row."""
    matrices = []
    for a, b in itertools.pairwise(widths):
        part, w = w[: a * b], w[a * b :]
        matrices.append(part.reshape(b, a))
    return matrices


def loss(
    w: np.ndarray, widths: Sequence[int], X: np.ndarray, Y: np.ndarray
) -> tuple[float, np.ndarray]:
    """Returns the loss of eq. 3, and its gradient.

    Args:
      w: all weights in a row.
      widths: of all layers, inputs first.
      X: inputs, [inputs, examples].
      Y: targets, [outputs, examples].
    """
    matrices = split(w, widths)
    values = [X]
    for W in matrices:
        values.append(W @ values[-1])
    error = back = values[-1] - Y
    slopes = []
    for W, value in zip(matrices[::-1], values[-2::-1]):
        slopes.append((back @ value.T).ravel())
        back = W.T @ back
    return 0.5 * np.sum(error**2), np.concatenate(slopes[::-1])


def least(X: np.ndarray, Y: np.ndarray, rank: int) -> float:
    """Returns the global minimum: that of regression of a rank at most."""
    fitted = Y @ np.linalg.pinv(X) @ X
    left = np.linalg.svd(fitted, compute_uv=False)[rank:]
    return 0.5 * (np.sum((Y - fitted) ** 2) + np.sum(left**2))


def hessian(
    w: np.ndarray, widths: Sequence[int], X: np.ndarray, Y: np.ndarray
) -> np.ndarray:
    """Returns the second derivatives, by differences of the gradient."""
    step = 1e-5 * np.eye(len(w))
    slopes = [
        loss(w + d, widths, X, Y)[1] - loss(w - d, widths, X, Y)[1]
        for d in step
    ]
    return np.array(slopes) / 2e-5


def rows(seed: int) -> dict[str, dict[str, float]]:
    """Returns the figures of each row."""
    random = np.random.default_rng(seed)
    X = random.standard_normal((INPUTS, EXAMPLES))
    Y = random.standard_normal((OUTPUTS, INPUTS)) @ X
    Y += random.standard_normal(Y.shape)
    minimum = least(X, Y, HIDDEN)
    found = {}
    for name, depth in DEPTHS.items():
        widths = (INPUTS, *[HIDDEN] * depth, OUTPUTS)
        size = sum(a * b for a, b in itertools.pairwise(widths))
        ends = [
            scipy.optimize.minimize(
                loss,
                start,
                (widths, X, Y),
                jac=True,
                hess=hessian,
                method="trust-exact",
                options={"maxiter": 2000, "gtol": 1e-7},
            )
            for start in random.standard_normal((STARTS, size))
        ]
        gaps = np.array([end.fun for end in ends]) / minimum - 1
        curvatures = np.linalg.eigvalsh(hessian(np.zeros(size), widths, X, Y))
        found[name] = {
            "at_minimum": np.mean(gaps < NEAR),
            "gap": gaps.max(),
            "curvature": curvatures[0],
        }
    return found

"""How close is equal: the one policy of the tests.

Each is a dict of keyword arguments for `np.testing.assert_allclose`.
"""

# The same arithmetic in the same order, perhaps compiled differently.
SAME = {"rtol": 1e-6, "atol": 1e-6}

# Float64: the formula and its test differ by rounding (1e-16), which deep
# networks and determinants amplify by a few thousand.
EXACT = {"rtol": 1e-9, "atol": 1e-9}

# Float32 has 7 digits; a coupling multiplies by exp(s), and a flow composes
# tens of them, so that an inverse loses 2 or 3 digits.
FLOAT32 = {"rtol": 1e-4, "atol": 1e-4}

# Bfloat16 has 3 digits, and sums over a kernel lose part of the last one.
BFLOAT16 = {"rtol": 0.05, "atol": 0.05}

# An integral of a density by the midpoint rule on a grid of 0.05: rectified
# linear networks bend it, which leaves about 1e-4.
QUADRATURE = {"rtol": 1e-3, "atol": 1e-3}

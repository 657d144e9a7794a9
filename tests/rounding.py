"""How far rounding alone may take one number from another.

``pytest.approx`` without a tolerance allows a relative 1e-6, for the same reason as ``FLOAT32``.
"""

#: Relative: some ten operations in float32 that do not cancel, each off by at most 6e-8 of its result.
FLOAT32 = 1e-6

#: Relative: a few hundred operations in double precision that cancel little, each off by at most 1.1e-16 of its result.
FLOAT64 = 1e-13

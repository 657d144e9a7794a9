"""How far rounding alone may take one number from another."""

#: Relative: some ten operations in float32 that do not cancel, each off by at most 6e-8 of its result.
FLOAT32 = 1e-6

"""The engine's randomness: repeatable, from names."""

import random


def chance_of(*names: object) -> random.Random:
    """A source of random numbers that depends on nothing but these names."""
    return random.Random("/".join(map(str, names)))  # noqa: S311 - repeatability is the point; no secret here

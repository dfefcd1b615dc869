"""Few sizes for many numbers: what is computed or kept for a few more than there are, so that sizes come again.

For every size of product that oneDNN meets it compiles a kernel, and keeps it for good, a quarter of a megabyte.
"""

from collections.abc import Sequence


def up_to(count: int, step: int) -> int:
    """The next multiple of `step`, `count` itself where it is one."""
    return -(-count // step) * step


def in_steps(count: int, steps: Sequence[tuple[float, int]]) -> int:
    """As `up_to` by the first of `steps` whose limit `count` does not pass; the last has no limit."""
    return up_to(count, next(step for most, step in steps if count <= most))

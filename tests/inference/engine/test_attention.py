"""Rows that share a prompt, brought together at it and apart again."""

import torch

from inference.engine.attention import EvenSeats, Seats

GROUPS, EACH, HEADS, QUERIES, SIZE = 3, 4, 2, 5, 8


def test_even_seats_bring_together_what_seats_that_are_looked_up_do() -> None:
    rows = torch.arange(GROUPS * EACH)
    looked_up = Seats(rows.view(GROUPS, EACH), rows // EACH, rows % EACH)
    even = EvenSeats(EACH)
    of_rows = torch.randn(GROUPS * EACH, HEADS, QUERIES, SIZE, generator=torch.Generator().manual_seed(1))
    together = looked_up.gather(of_rows)
    assert together.shape == (GROUPS, HEADS, EACH * QUERIES, SIZE)
    assert torch.equal(even.gather(of_rows), together)
    assert torch.equal(even.scatter(together), of_rows)
    assert torch.equal(looked_up.scatter(together), of_rows)

import torch

from inference.benchmark.card.memory import begin_peak, card_mb, host_mb


def test_the_machines_memory_is_in_megabytes_and_only_grows() -> None:
    before = host_mb()
    assert 20 < before < 50_000
    held = torch.ones(8 << 20)
    assert host_mb() >= before
    assert held.nbytes == 32 << 20


def test_without_a_card_there_is_no_memory_of_one() -> None:
    begin_peak()
    assert (card_mb() > 0) <= torch.cuda.is_available()

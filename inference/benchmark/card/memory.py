"""Memory of this process at its highest, on the machine and on a card, in MB."""

import resource

import torch


def begin_peak() -> None:
    """Count the card's anew from here; nothing without one."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def card_mb() -> float:
    """What tensors had at most since `begin_peak`; 0 without a card."""
    return torch.cuda.max_memory_allocated() / 1e6 if torch.cuda.is_available() else 0.0


def host_mb() -> float:
    """At most since the process began."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

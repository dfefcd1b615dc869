"""How much memory this process may still take: of the card, or of the machine and of the groups it is confined to.

A container's limit is a control group's (version 1 or 2); the machine's own figure knows nothing of it.
"""

from collections.abc import Iterator
from pathlib import Path

import torch

GIB = 2**30
PROCESSES = Path("/proc")
GROUPS = Path("/sys/fs/cgroup")
_VERSION_1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
_VERSION_2 = ("memory.max", "memory.current", "inactive_file")


def free_gib(device: torch.device, *, processes: Path = PROCESSES, groups: Path = GROUPS) -> float:
    """What may still be taken; infinite where the machine does not tell."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] / GIB
    return min(_of_machine(processes), _of_groups(processes, groups)) / GIB


def _of_machine(processes: Path) -> float:
    """In bytes."""
    lines = _text(processes / "meminfo").splitlines()
    kilobytes = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), None)
    return float(kilobytes) * 1024 if kilobytes else float("inf")


def _of_groups(processes: Path, groups: Path) -> float:
    """In bytes: the least that any group around this process leaves."""
    left = float("inf")
    for line in _text(processes / "self" / "cgroup").splitlines():
        number, controllers, own = line.split(":", 2)
        if number == "0" and not controllers:
            found = [_left(folder, *_VERSION_2) for folder in _upwards(groups, own)]
        elif "memory" in controllers.split(","):
            found = [_left(folder, *_VERSION_1) for folder in _upwards(groups / "memory", own)]
        else:
            continue
        left = min([left, *found])
    return left


def _upwards(root: Path, own: str) -> Iterator[Path]:
    """The group's folder and all above it. Inside a container the path may be the host's: the root is its own then."""
    parts = [part for part in own.split("/") if part not in ("", "..")]
    for length in range(len(parts), -1, -1):
        yield root.joinpath(*parts[:length])


def _left(folder: Path, limit: str, used: str, reclaimed: str) -> float:
    """A group's limit less what it uses; cached files that nobody uses are given back when asked for."""
    most, taken = _number(_text(folder / limit)), _number(_text(folder / used))
    if most is None or taken is None:
        return float("inf")
    entries = dict(line.split()[:2] for line in _text(folder / "memory.stat").splitlines() if " " in line)
    cached = _number(entries.get(reclaimed, "")) or 0
    return max(0, most - (taken - min(cached, taken)))


def _number(text: str) -> int | None:
    return int(text) if text.strip().isdigit() else None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        return ""

"""What may still be taken is the least of what the machine has and what the groups around this process leave."""

from pathlib import Path

import pytest
import torch

from inference.training.adapters.free_memory import free_gib

CPU = torch.device("cpu")
GIB = 2**30


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Ten GiB available."""
    folder = tmp_path / "proc"
    (folder / "self").mkdir(parents=True)
    (folder / "meminfo").write_text(f"MemTotal: 99999999 kB\nMemAvailable: {10 * 2**20} kB\n")
    (folder / "self" / "cgroup").write_text("0::/jobs/mine\n")
    return folder


def group(folder: Path, **files: str | int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(f"{content}\n")


def test_a_machine_without_groups_tells_what_is_available(machine: Path, tmp_path: Path) -> None:
    assert free_gib(CPU, processes=machine, groups=tmp_path / "away") == 10


def test_a_limit_counts_less_what_is_used_and_cached_files_are_given_back(
    machine: Path, tmp_path: Path
) -> None:
    used = {"memory__current": 3 * GIB, "memory__stat": f"anon 1\ninactive_file {GIB}\nactive_file 7"}
    group(tmp_path / "groups/jobs/mine", memory__max=4 * GIB, **used)

    assert free_gib(CPU, processes=machine, groups=tmp_path / "groups") == 2


def test_a_group_without_a_limit_leaves_all(machine: Path, tmp_path: Path) -> None:
    group(tmp_path / "groups/jobs/mine", memory__max="max", memory__current=GIB)

    assert free_gib(CPU, processes=machine, groups=tmp_path / "groups") == 10


def test_the_limit_of_a_group_above_counts_too(machine: Path, tmp_path: Path) -> None:
    group(tmp_path / "groups/jobs/mine", memory__max="max", memory__current=GIB)
    group(tmp_path / "groups/jobs", memory__max=5 * GIB, memory__current=2 * GIB)

    assert free_gib(CPU, processes=machine, groups=tmp_path / "groups") == 3


def test_inside_a_container_the_root_is_its_own_group(machine: Path, tmp_path: Path) -> None:
    (machine / "self" / "cgroup").write_text("0::/host/only/knows/this\n")
    group(tmp_path / "groups", memory__max=2 * GIB, memory__current=GIB)

    assert free_gib(CPU, processes=machine, groups=tmp_path / "groups") == 1


def test_groups_of_the_first_version_are_read_where_they_lie(machine: Path, tmp_path: Path) -> None:
    (machine / "self" / "cgroup").write_text("5:cpu,cpuacct:/x\n4:memory:/mine\n0::/\n")
    used = {
        "memory__usage_in_bytes": 5 * GIB,
        "memory__stat": f"inactive_file 1\ntotal_inactive_file {2 * GIB}",
    }
    group(tmp_path / "groups/memory/mine", memory__limit_in_bytes=7 * GIB, **used)
    unlimited = {"memory__limit_in_bytes": 9223372036854771712, "memory__usage_in_bytes": 0}
    group(tmp_path / "groups/memory", **unlimited)

    assert free_gib(CPU, processes=machine, groups=tmp_path / "groups") == 4


def test_a_group_that_is_full_leaves_nothing(machine: Path, tmp_path: Path) -> None:
    group(tmp_path / "groups/jobs/mine", memory__max=GIB, memory__current=2 * GIB)

    assert free_gib(CPU, processes=machine, groups=tmp_path / "groups") == 0


def test_a_machine_that_tells_nothing_is_not_held_back(tmp_path: Path) -> None:
    assert free_gib(CPU, processes=tmp_path, groups=tmp_path) == float("inf")


def test_this_machine_tells_something() -> None:
    assert 0 < free_gib(CPU) < 100_000

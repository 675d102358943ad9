"""PostgreSQL's buffers grow with the memory that we may have, and stay small where that is little."""

from pathlib import Path

import pytest

from libs.local_platform.memory import (
    shared_buffers_megabytes,
    usable_memory_bytes,
    write_ahead_log_megabytes,
)

GIGABYTE = 1 << 30


@pytest.mark.parametrize(
    ("gigabytes", "megabytes"), [(1, 256), (2, 512), (8, 2048), (16, 4096), (64, 16_384), (256, 16_384)]
)
def test_buffers_are_a_quarter_of_the_memory_within_bounds(gigabytes: int, megabytes: int) -> None:
    assert shared_buffers_megabytes(gigabytes * GIGABYTE) == megabytes


@pytest.mark.parametrize(("gigabytes", "megabytes"), [(10, 2048), (64, 4096), (256, 16_384), (4096, 16_384)])
def test_the_log_is_a_sixteenth_of_the_disk_within_bounds(gigabytes: int, megabytes: int) -> None:
    assert write_ahead_log_megabytes(gigabytes * GIGABYTE) == megabytes


@pytest.mark.parametrize("said", ["max\n", "9223372036854771712\n", ""])
def test_a_container_without_a_limit_has_what_the_machine_has(said: str, tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text(said)
    assert usable_memory_bytes([tmp_path / "memory.max", tmp_path / "none"]) == usable_memory_bytes([])


def test_the_limit_of_a_container_counts_where_it_is_lower_than_the_machines_memory(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("67108864\n")
    assert usable_memory_bytes([tmp_path / "memory.max"]) == 64 << 20

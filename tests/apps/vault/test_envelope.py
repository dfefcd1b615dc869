"""Locked bytes open with the same secret and the same associated data, and with nothing else."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.vault.envelope import OVERHEAD_BYTES, listed, lock, unlock
from apps.vault.errors import SealBrokenError

SECRET = bytes(range(32))


@given(plain=st.binary(max_size=300), associated=st.binary(max_size=100))
def test_what_is_locked_unlocks(plain: bytes, associated: bytes) -> None:
    locked = lock(plain, secret=SECRET, associated=associated)

    assert unlock(locked, secret=SECRET, associated=associated) == plain
    assert len(locked) == len(plain) + OVERHEAD_BYTES


def test_another_secret_fails() -> None:
    with pytest.raises(SealBrokenError):
        unlock(lock(b"key", secret=SECRET, associated=b""), secret=bytes(32), associated=b"")


def test_other_associated_data_fails() -> None:
    with pytest.raises(SealBrokenError):
        unlock(lock(b"key", secret=SECRET, associated=b"here"), secret=SECRET, associated=b"there")


def test_a_matching_commitment_alone_does_not_open_a_changed_ciphertext() -> None:
    locked = bytearray(lock(b"key", secret=SECRET, associated=b""))
    locked[-1] ^= 1

    with pytest.raises(SealBrokenError):
        unlock(bytes(locked), secret=SECRET, associated=b"")


def test_a_secret_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        lock(b"key", secret=b"short", associated=b"")


def test_locking_twice_shares_no_salt_or_nonce() -> None:
    blobs = [lock(b"the same", secret=SECRET, associated=b"") for _ in range(50)]

    assert len({blob[:16] for blob in blobs}) == len({blob[48:60] for blob in blobs}) == 50


@given(first=st.lists(st.binary(max_size=5), max_size=4), second=st.lists(st.binary(max_size=5), max_size=4))
def test_two_lists_give_the_same_bytes_only_when_equal(first: list[bytes], second: list[bytes]) -> None:
    assert (listed(*first) == listed(*second)) == (first == second)


def test_moving_a_byte_between_items_changes_the_list() -> None:
    lists = [listed(b"ab", b"c"), listed(b"a", b"bc"), listed(b"abc", b""), listed(b"abc")]

    assert all(one != other for one, other in pairwise(lists))

"""A root key with versions held in memory."""

import pytest

from apps.vault.errors import KeyServiceError, RetiredKeyError, SealBrokenError
from apps.vault.held_root import HeldRootKey
from apps.vault.keys import Wrapped

FIRST, SECOND = bytes(range(32)), bytes(range(32, 64))
SECRET = b"s" * 32


def test_what_is_wrapped_unwraps_for_its_row() -> None:
    root = HeldRootKey({1: FIRST})

    assert root.unwrap(root.wrap(SECRET, bound_to=b"row"), bound_to=b"row") == SECRET


def test_the_highest_version_wraps_and_older_ones_unwrap() -> None:
    old = HeldRootKey({1: FIRST}).wrap(SECRET, bound_to=b"row")
    root = HeldRootKey({1: FIRST, 2: SECOND})

    assert root.wrap(SECRET, bound_to=b"row").version == 2
    assert root.unwrap(old, bound_to=b"row") == SECRET


def test_a_key_wrapped_for_another_row_fails() -> None:
    root = HeldRootKey({1: FIRST})

    with pytest.raises(SealBrokenError):
        root.unwrap(root.wrap(SECRET, bound_to=b"row"), bound_to=b"other")


def test_a_key_said_to_be_of_another_version_fails() -> None:
    root = HeldRootKey({1: FIRST, 2: FIRST})
    wrapped = root.wrap(SECRET, bound_to=b"row")

    with pytest.raises(SealBrokenError):
        root.unwrap(Wrapped(1, wrapped.blob), bound_to=b"row")


def test_a_version_below_the_least_is_retired() -> None:
    old = HeldRootKey({1: FIRST}).wrap(SECRET, bound_to=b"row")

    with pytest.raises(RetiredKeyError):
        HeldRootKey({1: FIRST, 2: SECOND}, min_decrypt_version=2).unwrap(old, bound_to=b"row")


def test_a_version_that_is_not_here_is_away() -> None:
    wrapped = HeldRootKey({1: FIRST, 2: SECOND}).wrap(SECRET, bound_to=b"row")

    with pytest.raises(KeyServiceError, match="Version 2"):
        HeldRootKey({1: FIRST}).unwrap(wrapped, bound_to=b"row")


def test_neither_key_shows_itself() -> None:
    root = HeldRootKey({1: FIRST})

    assert "versions" not in repr(root)
    assert "blob" not in repr(root.wrap(SECRET, bound_to=b"row"))

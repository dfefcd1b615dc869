"""What the log adds to an entry by itself."""

import pytest
from pytest_django import Settings

from apps.audit.context import RequestContext, audit_context, current_context, hashed_address


def test_outside_a_request_both_are_empty() -> None:
    assert current_context() == RequestContext("", "")


def test_each_request_has_an_id_of_its_own_and_the_same_address_hash() -> None:
    with audit_context("203.0.113.9") as first:
        assert current_context() == first
    with audit_context("203.0.113.9") as second:
        pass

    assert first.request_id != second.request_id
    assert first.address_hash == second.address_hash != ""
    assert current_context() == RequestContext()


def test_the_context_ends_with_an_error_too() -> None:
    with pytest.raises(LookupError), audit_context("203.0.113.9"):
        raise LookupError

    assert current_context() == RequestContext()


def test_a_hashed_address_is_keyed_and_not_the_address(settings: Settings) -> None:
    settings.SECRET_KEY = "one"
    one = hashed_address("203.0.113.9")
    settings.SECRET_KEY = "two"

    assert len(one) == 32
    assert "203" not in one
    assert hashed_address("203.0.113.9") != one != hashed_address("203.0.113.8")


def test_no_address_has_no_hash() -> None:
    assert hashed_address("") == ""

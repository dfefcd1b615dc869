"""Checks of numbers, by published examples."""

import pytest

from inference.safety.pii.checksums import issued_card, luhn, possible_ssn


@pytest.mark.parametrize(
    "digits",
    ["4111111111111111", "378282246310005", "6011111111111117", "3530111333300000", "30569309025904"],
)
def test_card_numbers_of_the_schemes_test_sheets_pass(digits: str) -> None:
    assert luhn(digits)
    assert issued_card(digits)


@pytest.mark.parametrize("place", range(16))
def test_luhn_sees_every_single_wrong_digit(place: int) -> None:
    right = "4111111111111111"
    wrong = right[:place] + str((int(right[place]) + 1) % 10) + right[place + 1 :]

    assert not luhn(wrong)


@pytest.mark.parametrize("digits", ["1234567890123456", "9999999999999995", "0000000000000000"])
def test_numbers_that_no_scheme_issues_are_refused(digits: str) -> None:
    assert not issued_card(digits)


@pytest.mark.parametrize(
    ("parts", "possible"),
    [
        (("219", "09", "9999"), True),
        (("000", "12", "3456"), False),
        (("666", "12", "3456"), False),
        (("900", "12", "3456"), False),
        (("219", "00", "9999"), False),
        (("219", "09", "0000"), False),
    ],
)
def test_possible_ssn_refuses_what_is_never_given_out(parts: tuple[str, str, str], possible: bool) -> None:
    assert possible_ssn(*parts) is possible

"""Telephone numbers: forms of many countries, and numbers that are somebody else's matter."""

import pytest

from inference.safety.pii.phones import phones


@pytest.mark.parametrize(
    "text",
    [
        "+44 20 7946 0018",
        "+1 (202) 555-0147",
        "call 555 0199",
        "(415) 555-0132",
        "Fax: 060-77-12-34",
        "0049 151 23456789",
    ],
)
def test_phones_finds_a_number(text: str) -> None:
    assert len(list(phones(text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "call 116 123",
        "text 741741",
        "ring 0800 1111",
        "12.03.2020",
        "2016-2018",
        "account 12345678901",
        "10000000",
    ],
)
def test_phones_leaves_help_lines_dates_and_bare_digits(text: str) -> None:
    assert list(phones(text)) == []


def test_phones_takes_the_extension_along() -> None:
    text = "desk: (898) 666-3621 x0135"

    assert [text[span.start : span.end] for span in phones(text)] == ["(898) 666-3621 x0135"]

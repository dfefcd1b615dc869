import logging

import pytest

from inference.wordless import log_without_words

CANARY = "Zanzibar"


def test_an_error_is_logged_by_its_kind_and_place_and_not_its_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    try:
        raise ValueError(CANARY)
    except ValueError as error:
        log_without_words(logging.getLogger("some.where"), "it broke", error)
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("some.where", "ERROR")
    assert record.getMessage().startswith("it broke: ValueError\n")
    assert __file__ in record.getMessage() and CANARY not in record.getMessage()

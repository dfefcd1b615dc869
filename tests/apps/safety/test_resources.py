"""Help lines from the dated data file, with a fixed clock."""

from datetime import date, timedelta

import pytest

from apps.safety.help_lines import help_context
from apps.safety.resources import countries, directory, help_lines, resources_for, stale, unconfirmed

CHECKED = max(line.last_checked for line in help_lines())


@pytest.mark.parametrize(
    ("country", "number"),
    [
        ("GB", "116 123"),
        ("IE", "116 123"),
        ("US", "988"),
        ("CA", "988"),
        ("AU", "13 11 14"),
        ("NZ", "1737"),
        ("FR", "3114"),
        ("NL", "113"),
        ("DE", "0800 111 0 111"),
    ],
)
def test_each_country_has_its_own_line_and_emergency_number(country: str, number: str) -> None:
    resources = resources_for(country)

    assert number in {line.number for line in resources.lines}
    assert resources.emergency


def test_a_country_without_lines_gets_the_directory_and_no_other_countrys_number() -> None:
    assert resources_for("JP").lines == ()
    assert resources_for("JP").emergency == ""
    assert directory()["href"] == "https://findahelpline.com"


def test_a_line_that_is_called_and_one_that_is_texted_open_differently() -> None:
    hrefs = {line.name: line.href for line in resources_for("AU").lines}

    assert hrefs == {"Lifeline": "tel:131114", "Lifeline by text": "sms:0477131114"}


def test_lines_go_stale_after_the_files_days_and_not_before() -> None:
    assert stale(CHECKED + timedelta(days=180)) == ()
    assert set(stale(CHECKED + timedelta(days=181))) == set(help_lines())


def test_nobody_has_confirmed_a_line_and_the_file_says_so() -> None:
    assert set(unconfirmed()) == set(help_lines())


def test_every_line_is_dated_and_names_its_source() -> None:
    for line in help_lines():
        assert isinstance(line.last_checked, date)
        assert line.source.startswith("https://")
        assert line.hours
        assert line.language


def test_the_wished_country_comes_first() -> None:
    assert countries("NZ")[0].code == "NZ"
    assert [entry["country"] for entry in help_context("US")["resources"]][0] == "US"

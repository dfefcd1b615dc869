import pytest

from apps.scenarios.errors import UnknownCaseError
from apps.scenarios.library import library_case, library_cases, slugs
from inference.vocabulary import acts


def test_the_library_holds_at_least_six_clients_of_every_difficulty() -> None:
    cases = library_cases()

    assert len(cases) >= 6
    assert {case.difficulty for case in cases} == {1, 2, 3, 4}


def test_library_cases_come_easiest_first() -> None:
    assert [case.difficulty for case in library_cases()] == sorted(
        case.difficulty for case in library_cases()
    )


@pytest.mark.parametrize("slug", slugs())
def test_a_client_can_do_every_act_the_vocabulary_has(slug: str) -> None:
    case = library_case(slug)
    possible = {act for act in acts() if case.acts.get(act, 1.0) > 0}

    assert possible <= {line.act for line in case.lines}


def test_an_unknown_slug_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownCaseError, match='did you mean "marcus-bell"'):
        library_case("marcus-bel")


@pytest.mark.parametrize("slug", slugs())
def test_talk_of_safety_ends_with_the_turn_that_asks(slug: str) -> None:
    safety = next(topic for topic in library_case(slug).topics if topic.id == "safety")

    assert not safety.carries


@pytest.mark.parametrize("slug", slugs())
def test_lines_after_a_disclosure_come_in_several_acts_and_bands(slug: str) -> None:
    case = library_case(slug)
    for gate in case.gates:
        since = [line for line in case.lines if line.since == gate.id]
        assert len({line.act for line in since}) >= 6
        assert {acts()[line.act].talk for line in since} == {"sustain", "neutral", "change"}
        assert len({line.band for line in since}) >= 3

from pathlib import Path

import pytest

from apps.scenarios.errors import CaseFormatError
from apps.scenarios.format import load_case, read_case
from tests.clients import TINY, tiny_case, tiny_text


def problems(*replacements: tuple[str, str]) -> list[str]:
    with pytest.raises(CaseFormatError) as caught:
        tiny_case(*replacements)
    return list(caught.value.problems)


def line_of(fragment: str, text: str | None = None) -> int:
    lines = (text or tiny_text()).splitlines()
    return next(number for number, line in enumerate(lines, start=1) if fragment in line)


def test_load_case_reads_every_part() -> None:
    case = load_case(TINY)

    assert case.person.name == "Nora Quill"
    assert case.state["discord"] == 45
    assert case.parameters.sensitive == {"Persuade": 1.3}
    assert [topic.id for topic in case.topics] == ["smoking", "sister", "chest"]
    assert case.facts["children"] == ()
    assert case.facts["people"] == {"Bea": "sister"}
    assert (case.lines[0].act, case.lines[0].after, case.lines[1].band) == (
        "minimise",
        frozenset({"Q"}),
        "any",
    )
    assert case.openings[1].cue == ""


def test_an_unknown_act_is_named_with_file_line_key_and_the_nearest_act() -> None:
    text = tiny_text(('act = "deny"', 'act = "denny"'))

    assert problems(('act = "deny"', 'act = "denny"')) == [
        f'tiny-client.toml:{line_of("denny", text)}: lines[2].act: "denny" is not an act; did you mean "deny"?'
    ]


def test_american_spelling_of_an_act_is_pointed_to_ours() -> None:
    found = problems(("argue = 2.0\nminimise", "argue = 2.0\nminimize"))

    assert found == [
        f'tiny-client.toml:{line_of("minimise = 2.0")}: acts.minimize: "minimize" is not an act;'
        ' did you mean "minimise"?'
    ]


def test_a_missing_key_is_reported_at_its_table() -> None:
    assert problems(('pronoun = "she"\n', "")) == [
        f"tiny-client.toml:{line_of('[person]')}: person.pronoun: is missing"
    ]


def test_a_key_nobody_knows_is_reported_with_the_nearest_key() -> None:
    found = problems(('looks = "A tall', 'look = "A tall'))

    assert found == [
        f"tiny-client.toml:{line_of('[person]')}: person.looks: is missing",
        f'tiny-client.toml:{line_of("A tall")}: person.look: is not a key of the format; did you mean "looks"?',
    ]


def test_every_problem_of_a_file_is_found_in_one_reading() -> None:
    found = problems(
        ("trust = 30", "trust = 130"),
        ("gain = 0.9", 'gain = "much"'),
        ('about = "smoking"\nafter', 'about = "smokes"\nafter'),
        ('after = ["CR", "SR"]', 'after = ["CR", "SX"]'),
        ('cue = "posture.coat_on"', 'cue = "posture.coat"'),
        ("show_ledger = true", 'show_ledger = "yes"'),
    )

    assert [problem.split(": ", 1)[1] for problem in found] == [
        "show_ledger: must be true or false",
        "state.trust: is 130; between 0 and 100",
        "parameters.gain: must be a number",
        'openings[0].cue: "posture.coat" is not a cue of cues.toml; did you mean "posture.coat_on"?',
        'lines[0].about: "smokes" is not a topic of this case; did you mean "smoking"?',
        'lines[8].after: "SX" is not a behaviour code; one of GI, Persuade, PersuadeWith, Q, SR, CR, AF, Seek,'
        " Emphasize, Confront, none",
    ]


def test_broken_toml_is_reported_with_its_line() -> None:
    found = problems(('says = "I only', "says = I only"))

    assert found[0].startswith(f"tiny-client.toml:{line_of('says =')}: file: ")


def test_a_slug_that_is_not_the_files_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    path.write_text(tiny_text(), encoding="utf-8")

    with pytest.raises(
        CaseFormatError, match=r'other.toml:2: slug: "tiny-client" must be the file\'s name, "other"'
    ):
        load_case(path)


def test_a_file_that_is_not_there_is_a_format_error(tmp_path: Path) -> None:
    with pytest.raises(CaseFormatError, match="gone.toml: cannot be read"):
        load_case(tmp_path / "gone.toml")


def test_a_gate_told_twice_is_refused() -> None:
    gate = tiny_text()[tiny_text().index("[[gates]]") : tiny_text().index("[[openings]]")]

    assert problems((gate, gate + gate))[0].endswith('gates[1].id: "blood" is used twice')


def test_words_change_the_version_but_not_the_dynamics() -> None:
    case, other = tiny_case(), tiny_case(("Nora", "Norman"), ('pronoun = "she"', 'pronoun = "he"'))

    assert case.version != other.version
    assert case.dynamics == other.dynamics


def test_numbers_change_both_digests() -> None:
    case, other = tiny_case(), tiny_case(("trust = 45", "trust = 46"))

    assert case.version != other.version
    assert case.dynamics != other.dynamics


def test_reading_the_same_text_twice_gives_the_same_digests() -> None:
    assert read_case(tiny_text(), file="a").version == read_case(tiny_text(), file="b").version


SINCE = ('act = "commit"', 'act = "commit"\nsince = "blood"\nto = ["plan"]')


def test_a_line_may_wait_for_a_gate_be_ended_by_it_and_answer_a_moment() -> None:
    case = tiny_case(SINCE, ('act = "deny"', 'act = "deny"\nuntil = "blood"'))
    commit = next(line for line in case.lines if line.act == "commit")
    deny = next(line for line in case.lines if line.act == "deny")

    assert (commit.since, commit.to, deny.until) == ("blood", frozenset({"plan"}), "blood")


def test_gates_and_moments_of_lines_must_exist_and_not_shut_each_other_out() -> None:
    found = problems(
        ('act = "commit"', 'act = "commit"\nsince = "bloood"\nto = ["plans"]'),
        ('act = "deny"', 'act = "deny"\nuntil = "blood"\nsince = "blood"'),
    )

    assert [problem.split(": ", 1)[1].split(";")[0] for problem in found] == [
        "lines[2].until: is the gate of `since`, so the line could never be said",
        'lines[18].since: "bloood" is not a gate of this case',
        'lines[18].to: "plans" is not a moment of moments.toml',
    ]


def test_a_topic_carries_unless_its_author_says_otherwise() -> None:
    topic = ("[topics.sister]", "[topics.sister]\ncarries = false")
    case, other = tiny_case(), tiny_case(topic)

    assert [entry.carries for entry in case.topics] == [True, True, True]
    assert [entry.carries for entry in other.topics] == [True, False, True]
    assert case.dynamics != other.dynamics
    assert problems((topic[0], '[topics.sister]\ncarries = "no"'))[0].endswith(
        "topics.sister.carries: must be true or false"
    )


def test_what_lines_wait_for_or_answer_changes_the_version_but_not_the_dynamics() -> None:
    case, other = tiny_case(), tiny_case(SINCE)

    assert case.version != other.version
    assert case.dynamics == other.dynamics

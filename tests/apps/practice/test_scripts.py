import pytest

from apps.practice.dynamics import Reaction
from apps.practice.errors import ScriptError
from apps.practice.scripts import Scene, ScriptedTurn, Wording, play, read_script, speak_authored
from apps.scenarios.case import Case
from inference.contracts import BehaviourCode
from tests.clients import said, tiny_case, uncoded


def asking_closed(text: str, previous_client: str) -> tuple[tuple[BehaviourCode, ...], bool, str]:
    return (BehaviourCode("Q", "closed", 0.8, 0, len(text)),), False, "asking 1"


def test_read_script_reads_texts_with_and_without_codes() -> None:
    script = read_script(
        [
            '{"text": "Hello."}',
            "",
            '{"text": "So.", "codes": ["SR", "Q open"]}',
            '{"text": "Hm", "codes": []}',
        ],
        file="s.jsonl",
    )

    assert [turn.text for turn in script] == ["Hello.", "So.", "Hm"]
    assert script[0].codes is None
    assert [(code.code, code.subtype) for code in script[1].codes or ()] == [("SR", ""), ("Q", "open")]
    assert script[2].codes == ()


def test_read_script_takes_codes_as_objects_too_and_each_once() -> None:
    (turn,) = read_script(
        ['{"text": "x", "codes": [{"code": "Q", "subtype": "closed"}, "SR", "SR"], "note": "kept out"}'],
        file="s",
    )

    assert [(code.code, code.subtype) for code in turn.codes or ()] == [("Q", "closed"), ("SR", "")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{nonsense", "s.jsonl:2: is not JSON; one object a line"),
        ('["text"]', 's.jsonl:2: must be an object with "text" and, if you like, "codes"'),
        ('{"codes": []}', "s.jsonl:2: text must be a text of at most 4000 characters"),
        ('{"text": "x", "code": []}', 's.jsonl:2: "code" is not a key of a script; did you mean "codes"?'),
        ('{"text": "x", "codes": "SR"}', 's.jsonl:2: codes must be a list like ["SR", "Q"]'),
        (
            '{"text": "x", "codes": ["SR", "Confrontation"]}',
            's.jsonl:2: codes[1]: "Confrontation" is not a behaviour code; did you mean "Confront"?',
        ),
        (
            '{"text": "x", "codes": ["SR open"]}',
            's.jsonl:2: codes[0]: "open" is no kind of SR; only Q open and Q closed have one',
        ),
        ('{"text": "x", "codes": [3]}', 's.jsonl:2: codes[0]: must be a code like "SR" or "Q open"'),
    ],
)
def test_a_bad_line_is_named_by_file_and_line(line: str, message: str) -> None:
    with pytest.raises(ScriptError) as caught:
        read_script(['{"text": "Hello."}', line], file="s.jsonl")

    assert str(caught.value) == message


def test_a_script_without_turns_is_refused() -> None:
    with pytest.raises(ScriptError, match=r"s.jsonl: has no turns"):
        read_script(["", "  "], file="s.jsonl")


def test_given_codes_are_used_as_given_and_missing_ones_are_read_from_the_words() -> None:
    script = [said("You must.", "Confront"), ScriptedTurn("Is it so?", None), said("Hm.")]

    played = play(tiny_case(), script, seed=1, coder=asking_closed)

    assert [entry["codes"] for entry in played.to_json()["turns"]] == [["Confront"], ["Q"], []]


def test_the_coder_says_what_kind_of_question_a_script_left_open() -> None:
    played = play(tiny_case(), [said("Is it so?", "Q")], seed=1, coder=asking_closed)

    assert played.turns[0].reaction.ledger.codes[0].subtype == "closed"


def test_the_document_holds_what_is_promised_and_nothing_else() -> None:
    document = play(tiny_case(), [said("Your sister drove you.", "SR")], seed=5, coder=uncoded).to_json()
    (turn,) = document["turns"]

    assert list(document) == ["scenario", "seed", "versions", "initial", "turns"]
    assert document["scenario"] == "tiny-client"
    assert document["seed"] == 5
    assert document["initial"] == dict(tiny_case().state)
    assert list(document["versions"]) == ["scenario", "rules", "planner", "vocabulary", "coder"]
    assert list(turn) == [
        *("n", "text", "codes", "rules", "deltas", "state", "stage", "act", "talk", "cue", "reply", "source")
    ]
    assert turn["source"] == "authored"
    assert list(turn["deltas"]) == list(turn["state"]) == list(document["initial"])


def test_the_history_a_speaker_sees_starts_with_the_opening() -> None:
    seen = []

    def speaker(case: Case, reaction: Reaction, scene: Scene) -> Wording:
        seen.append(scene.history)
        return speak_authored(case, reaction, scene)

    played = play(
        tiny_case(), [said("One.", "SR"), said("Two.", "SR")], seed=1, coder=uncoded, speaker=speaker
    )

    assert seen[0] == (("client", played.opening.text), ("therapist", "One."))
    assert seen[1][-2:] == (("client", played.turns[0].reply.text), ("therapist", "Two."))

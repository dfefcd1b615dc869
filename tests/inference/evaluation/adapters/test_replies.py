"""What a speaker says, and what is read in it."""

from inference.assessing import Assessor
from inference.evaluation.adapters.contexts import Context
from inference.evaluation.adapters.replies import read, spoken_replies, spoken_talk, written_replies
from inference.evaluation.adapters.speaker import Likelihood
from tests.inference.evaluation.adapters.conftest import ScriptedSpeaker


class EvenScorer:
    def score(self, context: Context) -> Likelihood:
        return Likelihood(2.0 * len(context.written), len(context.written))


def test_every_context_is_spoken_to_and_progress_is_told(client_contexts: list[Context]) -> None:
    told: list[tuple[int, int]] = []

    replies = spoken_replies(client_contexts, ScriptedSpeaker(), lambda done, of: told.append((done, of)))

    assert [reply.text for reply in replies] == ["I don't know about that."] * 3
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_in_a_talk_the_speaker_hears_its_own_earlier_words(client_contexts: list[Context]) -> None:
    speaker = ScriptedSpeaker({"t-1:1": "So-so.", "t-1:2": "Quiet."})

    spoken_talk(client_contexts, speaker)

    assert [each.said for each in speaker.asked[2].talk] == ["So-so.", "Quiet.", ""]
    assert [each.heard for each in speaker.asked[2].talk] == [
        "How has the week been?",
        "And the evenings?",
        "Long.",
    ]


def test_fixed_words_stay_in_a_talk(companion_contexts: list[Context]) -> None:
    speaker = ScriptedSpeaker({"t-2:2": "You rang."})

    spoken_talk(companion_contexts, speaker)

    assert [each.said for each in speaker.asked[-1].talk] == ["<<protocol>>", "You rang.", ""]


def test_rules_read_what_was_said_in_its_place(
    client_contexts: list[Context], companion_contexts: list[Context], rules: Assessor
) -> None:
    speaker = ScriptedSpeaker(
        {"t-1:1": "As an AI language model, I'm 45.", "t-2:3": "You should just quit drinking."}
    )
    replies = read(
        spoken_replies([client_contexts[0], companion_contexts[1]], speaker, lambda *_: None), rules
    )

    assert {"role_break", "contradiction"} <= replies[0].kinds()
    assert replies[0].coding is None
    assert [code.code for code in replies[1].coding.codes] == ["Persuade"]


def test_the_authors_replies_are_read_and_scored_alike(
    client_contexts: list[Context], rules: Assessor
) -> None:
    written = read(written_replies(client_contexts, EvenScorer()), rules)

    assert [reply.text for reply in written] == [each.written for each in client_contexts]
    assert written[1].likelihood == Likelihood(10.0, 5)
    assert not any(reply.kinds() & {"role_break", "contradiction"} for reply in written)

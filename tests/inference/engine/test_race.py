from collections.abc import Callable, Sequence

from inference.contracts import Finding, FinishReason, ReplyRequest, WordingLimits
from inference.engine.race import GRACE_STEPS, LOST, Piece, Race

Asking = Callable[..., ReplyRequest]


def judge(text: str, limits: WordingLimits) -> tuple[Finding, ...]:
    """Words in capitals are bad, a stammer is a blemish, and what was said may not be said again."""
    found = [Finding("shouting", 0.9, "capitals")] if text.upper() == text else []
    found += [Finding("stammer", 0.2, "dashes")] if "--" in text else []
    found += [Finding("repetition", 0.9, "again")] if text in limits.earlier else []
    return tuple(found)


def refuses(findings: Sequence[Finding]) -> bool:
    return any(finding.score >= 0.5 for finding in findings)


def race(request: ReplyRequest) -> Race:
    return Race(request, judge=judge, refuses=refuses)


def test_the_clean_candidate_speaks_and_the_others_stop(asking: Asking) -> None:
    running = race(asking(candidates=3))
    heard = running.hear(
        [Piece(0, "I SHOUT AT YOU. "), Piece(1, "I -- er -- came here. "), Piece(2, "I came here today. ")]
    )
    assert [(event.n, event.text, event.candidate, event.candidates) for event in heard.events] == [
        (0, "I came here today.", 2, 3)
    ]
    assert set(heard.stop) == {0, 1}
    assert heard.finished is None


def test_equal_candidates_go_by_their_number(asking: Asking) -> None:
    heard = race(asking(candidates=2)).hear(
        [Piece(0, "The first is fine. "), Piece(1, "The second is fine. ")]
    )
    assert heard.events[0].candidate == 0


def test_when_all_are_refused_the_least_bad_is_sent_with_its_findings_and_the_reply_ends(
    asking: Asking,
) -> None:
    heard = race(asking(candidates=2)).hear([Piece(0, "I -- SHOUT -- SO. "), Piece(1, "I SHOUT AT YOU. ")])
    assert (heard.events[0].candidate, heard.events[0].findings[0].kind) == (1, "shouting")
    assert heard.finished == FinishReason.DONE


def test_others_get_a_few_steps_after_the_first_clean_one(asking: Asking) -> None:
    running = race(asking(candidates=2))
    steps = [running.hear([Piece(0, "I came here today. "), Piece(1, "I ")])]
    while not steps[-1].events:
        steps.append(running.hear([Piece(0, "and "), Piece(1, "and ")]))
    assert len(steps) == GRACE_STEPS + 1
    assert (steps[-1].events[0].candidate, steps[-1].stop) == (0, (1,))


def test_a_bad_later_segment_is_not_sent_and_ends_the_reply(asking: Asking) -> None:
    running = race(asking(candidates=1))
    assert running.hear([Piece(0, "I came here today. ")]).events[0].n == 0
    heard = running.hear([Piece(0, "AND I SHOUT AT YOU. And more. ")])
    assert (heard.events, heard.stop, heard.finished) == ((), (0,), FinishReason.DONE)


def test_a_segment_said_twice_in_one_reply_ends_it(asking: Asking) -> None:
    heard = race(asking(candidates=1)).hear([Piece(0, "I came here today. I came here today. So. ")])
    assert [event.text for event in heard.events] == ["I came here today."]
    assert heard.finished == FinishReason.DONE


def test_the_reply_ends_at_its_segments_or_words(asking: Asking) -> None:
    text = "This is one here. This is two here. This is three here. "
    by_segments = race(asking(candidates=1, max_segments=2)).hear([Piece(0, text)])
    by_words = race(asking(candidates=1, limits=WordingLimits("M", max_words=4))).hear([Piece(0, text)])
    assert (len(by_segments.events), by_segments.finished) == (2, FinishReason.DONE)
    assert (len(by_words.events), by_words.finished) == (1, FinishReason.DONE)


def test_a_model_that_stops_gives_its_rest_and_one_cut_off_does_not(asking: Asking) -> None:
    stopped = race(asking(candidates=1)).hear([Piece(0, "I came here today. And so", "stop")])
    cut = race(asking(candidates=1)).hear([Piece(0, "I came here today. And so", "length")])
    assert [event.text for event in stopped.events] == ["I came here today.", "And so"]
    assert [event.text for event in cut.events] == ["I came here today."]
    assert (stopped.finished, cut.finished) == (FinishReason.DONE, FinishReason.LENGTH)


def test_a_candidate_whose_source_broke_off_counts_for_its_whole_sentences(asking: Asking) -> None:
    whole = race(asking(candidates=1)).hear([Piece(0, "I came here today. And so", LOST)])
    assert ([event.text for event in whole.events], whole.finished) == (["I came here today."], "length")
    broken = race(asking(candidates=2)).hear([Piece(0, "I came", LOST), Piece(1, "I was sent here. ")])
    assert [event.text for event in broken.events] == ["I was sent here."]


def test_candidates_that_say_nothing_end_without_a_segment(asking: Asking) -> None:
    heard = race(asking(candidates=2)).hear([Piece(0, "", "stop"), Piece(1, " ", "stop")])
    assert (heard.events, heard.finished) == ((), FinishReason.DONE)


def test_hurry_takes_what_is_ready_or_says_that_nothing_is(asking: Asking) -> None:
    running = race(asking(candidates=2))
    running.hear([Piece(0, "I came"), Piece(1, "I SHOUT AT YOU. ")])
    heard = running.hurry()
    assert heard is not None
    assert heard.events[0].candidate == 1
    empty = race(asking(candidates=1))
    empty.hear([Piece(0, "I came")])
    assert empty.hurry() is None

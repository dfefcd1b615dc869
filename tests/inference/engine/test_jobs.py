import time
from collections.abc import Callable

from inference.completion import CompletionRequest, TextEvent
from inference.contracts import (
    Adapted,
    Finding,
    FinishedEvent,
    FinishReason,
    Message,
    ModelName,
    ReplyRequest,
    SegmentEvent,
    Usage,
    WordingLimits,
)
from inference.engine.jobs import Asked, CompletionJob, JobEvent, ReplyJob, candidate_seed
from inference.engine.race import Piece
from inference.errors import EngineDeadlineError
from inference.persona import FORM_VERSION

Asking = Callable[..., ReplyRequest]


def reply_job(request: ReplyRequest, events: list[JobEvent]) -> ReplyJob:
    return ReplyJob(request, events.append, judge=lambda text, limits: (), refuses=lambda findings: False)


def test_seeds_of_candidates_differ_between_neighbouring_requests() -> None:
    seeds = {candidate_seed(seed, number) for seed in range(50) for number in range(8)}
    assert len(seeds) == 400
    assert candidate_seed(7, 2) == candidate_seed(7, 2)


def test_no_words_at_the_first_deadline_is_an_error(asking: Asking) -> None:
    events: list[JobEvent] = []
    job = reply_job(asking(first_words_deadline_s=0.05, candidates=2), events)
    job.hear([Piece(0, "I"), Piece(1, "I")])
    assert job.look_at_clock() == ()
    time.sleep(0.06)
    assert job.look_at_clock() == (0, 1)
    assert [type(event) for event in events] == [EngineDeadlineError]
    assert job.over


def test_a_ready_segment_is_sent_at_the_first_deadline(asking: Asking) -> None:
    events: list[JobEvent] = []
    job = reply_job(asking(first_words_deadline_s=0.05, candidates=2), events)
    job.hear([Piece(0, "I came here today. "), Piece(1, "I")])
    time.sleep(0.06)
    assert job.look_at_clock() == (1,)
    assert [event.text for event in events if isinstance(event, SegmentEvent)] == ["I came here today."]


def test_the_turn_s_deadline_ends_a_reply_that_has_begun(asking: Asking) -> None:
    events: list[JobEvent] = []
    job = reply_job(asking(deadline_s=0.05, candidates=1), events)
    job.begin(ModelName("m"))
    job.hear([Piece(0, "I came here today. ")])
    time.sleep(0.06)
    assert job.look_at_clock() == (0,)
    assert isinstance(events[-1], FinishedEvent)
    assert (events[-1].reason, events[-1].model.name, events[-1].timings.tokens) == (
        FinishReason.DEADLINE,
        "m",
        1,
    )


def test_every_event_says_which_model_spoke_and_what_it_took(asking: Asking) -> None:
    events: list[JobEvent] = []
    job = reply_job(asking(candidates=2), events)
    job.begin(ModelName("m"), prompt_tokens=40)
    job.hear([Piece(0, "I"), Piece(1, "Well")])
    job.hear([Piece(0, " came here today. ", "stop"), Piece(1, " then", "stop")])
    segment, finished = events
    assert isinstance(segment, SegmentEvent) and isinstance(finished, FinishedEvent)
    assert (segment.model, segment.usage) == (ModelName("m"), Usage(prompt=40, spoken=2, sampled=4))
    assert finished.usage == segment.usage


def test_tokens_that_were_not_counted_are_not_told(asking: Asking) -> None:
    events: list[JobEvent] = []
    reply_job(asking(candidates=1), events).hear([Piece(0, "Only this, I think.", "stop")])
    assert [event.usage for event in events] == [None, None]


def test_a_job_has_one_last_word(asking: Asking) -> None:
    events: list[JobEvent] = []
    job = reply_job(asking(candidates=1), events)
    job.hear([Piece(0, "Only this, I think.", "stop")])
    job.fail(EngineDeadlineError("late"))
    assert [type(event) for event in events] == [SegmentEvent, FinishedEvent]


def test_a_reply_is_asked_of_the_adapter_only_where_it_is_there_in_that_form(asking: Asking) -> None:
    own = (Message("user", "In its form."),)
    request = asking(adapted=Adapted("client", FORM_VERSION, own))
    plain = Asked(request.messages)
    job = reply_job(request, [])
    assert job.asked_of(()) == job.asked_of(("companion",)) == plain
    assert job.asked_of(("client", "companion")) == Asked(own, "client")
    other_form = asking(adapted=Adapted("client", FORM_VERSION + 1, own))
    assert reply_job(other_form, []).asked_of(("client",)) == plain
    assert reply_job(asking(), []).asked_of(("client",)) == plain


def test_words_are_held_to_what_is_said_of_who_speaks(asking: Asking) -> None:
    judged: list[float] = []

    def judge(text: str, limits: WordingLimits) -> tuple[Finding, ...]:
        judged.append(limits.strays_from)
        return ()

    for adapters in (("client",), (), ("client",)):
        request = asking(
            candidates=1, adapted=Adapted("client", FORM_VERSION, (Message("user", "x"),), strays_from=0.6)
        )
        job = ReplyJob(request, lambda event: None, judge=judge, refuses=lambda findings: False)
        job.asked_of(("client",))
        job.asked_of(adapters)
        job.hear([Piece(0, "I came here today. More of it.", "stop")])
    assert judged == [0.6, 0.6, 0.45, 0.45, 0.6, 0.6]


def test_a_completion_gives_text_as_it_comes() -> None:
    events: list[JobEvent] = []
    job = CompletionJob(CompletionRequest((Message("user", "Hi"),)), events.append, seed=1)
    job.hear([Piece(0, "Hel")])
    job.hear([Piece(0, "lo", "length")])
    assert events[:2] == [TextEvent("Hel"), TextEvent("lo")]
    assert isinstance(events[2], FinishedEvent)
    assert events[2].reason == FinishReason.LENGTH

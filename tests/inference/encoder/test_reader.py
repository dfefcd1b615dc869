import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from inference.contracts import Message, Role, Speaker
from inference.encoder.heads import ADAPTERS, SEVERITIES, Answer
from inference.encoder.network import Network
from inference.encoder.priors import weighed
from inference.encoder.reader import (
    CARD_FILE,
    HELPERS,
    WEIGHTS_FILE,
    Heads,
    _joined,
    load_heads,
    version_of,
)
from inference.encoder.tokens import MOST_WINDOWS, exchange, pad, shape_features, windows
from inference.errors import ModelError
from inference.safety.detectors.given import Given, Tag
from inference.testing import SCRIPTED_LINES

Fresh = Callable[[str], Network]
Listening = Callable[[str, dict[str, dict[str, str]]], Network]
Saved = Callable[..., Heads]

GRAVE = {
    "crisis.severity": {"low": "tired", "imminent": "leave", "moderate": "hard"},
    "crisis.kind": {"depression": "tired", "suicidal": "leave", "panic": "hard"},
    "crisis.timeline": {"ongoing": "tired", "immediate": "leave"},
    "hate": {"yes": "leave"},
    "protective": {"support": "home", "hope": "better"},
}
CALM = "Nobody at home really asks how it is going. "


def seeker(text: str, *history: str) -> Given:
    return Given(text, Speaker.SEEKER, tuple(Message(Role.USER, said) for said in history))


def tops(given: Given) -> dict[str, str]:
    return {name: given.readings[name].top for name in ("crisis.kind", "crisis.severity", "crisis.timeline")}


def at_least(given: Given, severity: str) -> float:
    scores = given.readings["crisis.severity"].scores
    return sum(scores[name] for name in SEVERITIES[SEVERITIES.index(severity) :])


NOTHING = {"crisis.kind": "none", "crisis.severity": "none", "crisis.timeline": "none"}
ALARMING = {"crisis.kind": "suicidal", "crisis.severity": "imminent", "crisis.timeline": "immediate"}


@torch.inference_mode()
def test_readings_from_the_saved_weights_are_those_before_saving(fresh: Fresh, saved: Saved) -> None:
    network = fresh("message")
    heads = saved(network)
    tokenizer = heads._tokenizer
    logits = network(pad([windows(tokenizer, SCRIPTED_LINES[3])[0]])).logits
    (read,) = heads.read([seeker(SCRIPTED_LINES[3])])
    for spec in ADAPTERS["message"]:
        values = logits[spec.name][0]
        wanted = values.sigmoid() if spec.answer is Answer.ANY else values.softmax(-1)
        assert list(read.readings[spec.name].scores.values()) == pytest.approx(wanted.tolist(), abs=0.02)


@torch.inference_mode()
def test_tags_from_the_saved_weights_are_those_before_saving(fresh: Fresh, saved: Saved) -> None:
    network = fresh("tags")
    heads = saved(network)
    text = "I only came because I was told to."
    piece = windows(heads._tokenizer, text)[0]
    rows = pad([piece])
    shapes = torch.zeros(1, rows.ids.shape[1], 8)
    shapes[0, : len(piece.ids)] = torch.tensor(shape_features(text, piece))
    wanted = network(rows, shapes).logits["pii"].softmax(-1)
    logits = heads._run("tags", [piece], [shape_features(text, piece)]).logits["pii"].softmax(-1)
    torch.testing.assert_close(logits, wanted[:, : logits.shape[1]], atol=0.02, rtol=0.05)


def test_a_grave_last_sentence_of_a_long_letter_is_seen(listening: Listening, saved: Saved) -> None:
    heads = saved(listening("message", GRAVE))
    letter = CALM * 95
    assert len(windows(heads._tokenizer, letter)) == MOST_WINDOWS
    calm, grave = heads.read([seeker(letter), seeker(letter + "I leave.")])
    assert (tops(calm), tops(grave)) == (NOTHING, ALARMING)
    assert (calm.readings["hate"].top, grave.readings["hate"].top) == ("no", "yes")


def test_a_sentence_between_the_windows_is_seen_by_both(listening: Listening, saved: Saved) -> None:
    heads = saved(listening("message", GRAVE))
    for lines in range(10, 24):
        (read,) = heads.read([seeker(CALM * lines + "I leave. " + CALM * (30 - lines))])
        assert tops(read) == ALARMING


def test_sadness_in_one_window_does_not_hide_danger_in_another(listening: Listening, saved: Saved) -> None:
    heads = saved(listening("message", GRAVE))
    sad, filler = "I am tired. " * 3, CALM * 20
    for text in (f"{sad}{filler}I leave.", f"I leave. {filler}{sad}"):
        (read,) = heads.read([seeker(text)])
        assert tops(read) == ALARMING


def test_the_history_of_a_message_may_make_it_graver(listening: Listening, saved: Saved) -> None:
    heads = saved(listening("message", GRAVE))
    alone, after = heads.read([seeker("It is going on."), seeker("It is going on.", "I leave.")])
    assert (tops(alone), tops(after)) == (NOTHING, ALARMING)
    assert after.readings["hate"].top == "no", "only a crisis is read after its history"


def test_the_history_of_a_message_never_makes_it_less_grave(fresh: Fresh, saved: Saved) -> None:
    heads = saved(fresh("message"))
    for said in SCRIPTED_LINES[:8]:
        alone, after = heads.read([seeker("I leave."), seeker("I leave.", said, "It is going on.")])
        for severity in SEVERITIES:
            assert at_least(after, severity) >= at_least(alone, severity) - 0.001
        assert sum(after.readings["crisis.severity"].scores.values()) == pytest.approx(1, abs=0.001)


def test_what_any_window_shows_is_shown(listening: Listening, saved: Saved) -> None:
    heads = saved(listening("message", GRAVE))
    (read,) = heads.read([seeker("It is home. " + "Maybe it is going on. " * 60 + "It is better.")])
    scores = read.readings["protective"].scores
    assert scores["hope"] > 0.5 and scores["responsibility"] == pytest.approx(scores["coping"])


def test_messages_are_read_alike_together_and_alone(fresh: Fresh, saved: Saved) -> None:
    heads = saved(fresh("message"), fresh("exchange"), fresh("tags"))
    speakers = (Speaker.SEEKER, Speaker.THERAPIST, Speaker.CLIENT)
    given = [
        replace(seeker(line * (1 + at % 5 * 4), *SCRIPTED_LINES[: at % 3]), speaker=speakers[at % 3])
        for at, line in enumerate(SCRIPTED_LINES)
    ]
    together = heads.read(given)
    assert [each.text for each in together] == [each.text for each in given]
    for each, one in zip(together[::4], given[::4], strict=True):
        (alone,) = heads.read([one])
        assert each.readings.keys() == alone.readings.keys()
        for name, reading in each.readings.items():
            assert dict(reading.scores) == pytest.approx(dict(alone.readings[name].scores), abs=0.02)


def test_nothing_given_is_nothing_read(fresh: Fresh, saved: Saved) -> None:
    assert saved(fresh("message"), fresh("tags"), fresh("exchange")).read([]) == []


@pytest.mark.parametrize("text", ["", " ", "\x00", "\u200b", "\U0001f642" * 3, "\n\n"])
def test_a_message_without_words_is_read(text: str, fresh: Fresh, saved: Saved) -> None:
    heads = saved(fresh("message"), fresh("exchange"), fresh("tags"))
    (read,) = heads.read([Given(text, Speaker.CLIENT, (Message(Role.USER, ""),))])
    assert {"crisis.kind", "talk"} <= read.readings.keys()


@pytest.mark.parametrize("speaker", list(Speaker))
def test_each_side_is_asked_only_its_own_questions(speaker: Speaker, fresh: Fresh, saved: Saved) -> None:
    (read,) = saved(fresh("exchange")).read([Given("It helps me.", speaker)])
    every = {spec.name for spec in ADAPTERS["exchange"]}
    assert set(read.readings) == (every - {"talk"} if speaker in HELPERS else {"talk"})


def test_an_answer_is_read_after_what_was_said_to_it(fresh: Fresh, saved: Saved) -> None:
    heads = saved(fresh("exchange"))
    history = tuple(Message(Role.USER, line) for line in SCRIPTED_LINES[:4])
    (read,) = heads.read([Given("It helps.", Speaker.THERAPIST, history)])
    piece = exchange(heads._tokenizer, "\n".join(SCRIPTED_LINES[2:4]), "It helps.")
    wanted = heads._run("exchange", [piece]).logits["behaviour"][0].softmax(-1)
    by_label = dict(zip(read.readings["behaviour"].scores, wanted.tolist(), strict=True))
    assert read.readings["behaviour"].scores == pytest.approx(weighed("behaviour", by_label), abs=0.001)


def test_neighbouring_tags_join_into_one_stretch(listening: Listening, saved: Saved) -> None:
    heads = saved(listening("tags", {"pii": {"name": "home", "address": "week"}}))
    text = "Maybe home home, home. It is week\nweek and home\nhome."
    (read,) = heads.read([seeker(text)])
    found = [(tag.label, text[tag.start : tag.end]) for tag in read.tags]
    assert found == [
        ("name", "home home"),
        ("name", "home"),
        ("address", "week\nweek"),
        ("name", "home"),
        ("name", "home"),
    ]
    assert all(tag.score > 0.9 for tag in read.tags)


def test_a_tag_that_two_windows_read_is_one_tag(listening: Listening, saved: Saved) -> None:
    heads = saved(listening("tags", {"pii": {"name": "home"}}))
    for words in range(150, 200, 3):
        text = "it " * words + "home home" + " it" * 120
        (read,) = heads.read([seeker(text)])
        assert [text[tag.start : tag.end] for tag in read.tags] == ["home home"]


def test_readings_of_one_stretch_by_two_windows_become_the_likelier() -> None:
    tags = [
        Tag("name", 8, 12, 0.9),
        Tag("name", 4, 12, 0.7),
        Tag("place", 4, 8, 0.4),
        Tag("name", 12, 15, 0.5),
    ]
    assert _joined(tags) == (Tag("place", 4, 8, 0.4), Tag("name", 4, 12, 0.9), Tag("name", 12, 15, 0.5))


def test_weights_with_a_tensor_missing_or_too_many_are_refused(
    fresh: Fresh, tiny_encoder: Path, tmp_path: Path
) -> None:
    state = fresh("message").small_state()
    name = next(iter(state))
    short = {key: value for key, value in state.items() if key != name}
    wrong = (
        short,
        state | {"heads.other.out.weight": torch.zeros(1)},
        state | {name: torch.zeros(2, 2)},
        fresh("exchange").small_state(),
        {},
    )
    for number, tensors in enumerate(wrong):
        folder = tmp_path / str(number) / "message"
        folder.mkdir(parents=True)
        save_file(tensors, folder / WEIGHTS_FILE)
        with pytest.raises(ModelError, match="not the weights of its heads"):
            Heads(tiny_encoder, folder.parent, ["message"])


@pytest.mark.parametrize("spoiled", [b"", b"\x00" * 64, b"GGUF and more that is no safetensors", None])
def test_weights_that_are_no_safetensors_are_refused(
    spoiled: bytes | None, tiny_encoder: Path, tmp_path: Path
) -> None:
    (tmp_path / "message").mkdir()
    if spoiled is not None:
        (tmp_path / "message" / WEIGHTS_FILE).write_bytes(spoiled)
    with pytest.raises(ModelError, match="cannot be read"):
        Heads(tiny_encoder, tmp_path, ["message"])


def test_weights_with_a_number_that_is_none_are_refused(
    fresh: Fresh, tiny_encoder: Path, tmp_path: Path
) -> None:
    state = fresh("message").small_state()
    next(tensor for name, tensor in state.items() if name.startswith("heads.")).view(-1)[0] = float("nan")
    (tmp_path / "message").mkdir()
    save_file(state, tmp_path / "message" / WEIGHTS_FILE)
    with pytest.raises(ModelError, match="not finite"):
        Heads(tiny_encoder, tmp_path, ["message"])


def test_the_version_is_the_cards_or_of_the_weights(fresh: Fresh, saved: Saved, tmp_path: Path) -> None:
    heads = saved(fresh("message"))
    (read,) = heads.read([seeker("It is.")])
    assert read.readings["crisis.kind"].version == version_of(tmp_path / "message")
    assert len(version_of(tmp_path / "message")) == 12
    (tmp_path / "message" / CARD_FILE).write_text(json.dumps({"version": "message 0123abcd"}))
    assert version_of(tmp_path / "message") == "message 0123abcd"


def test_a_card_that_is_spoiled_is_refused(fresh: Fresh, saved: Saved, tmp_path: Path) -> None:
    saved(fresh("message"))
    for spoiled in ("", "{}", "[]"):
        (tmp_path / "message" / CARD_FILE).write_text(spoiled)
        with pytest.raises(ModelError, match="card"):
            version_of(tmp_path / "message")


def test_without_weights_or_without_the_encoder_there_are_no_heads(tmp_path: Path) -> None:
    assert load_heads(tmp_path) is None
    assert load_heads(weights=tmp_path) is None

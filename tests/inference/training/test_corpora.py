import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.encoder.heads import ADAPTERS
from inference.training.corpora import (
    OWN_LICENCE,
    PLAIN,
    PUBLIC_READERS,
    WRITTEN,
    Corpus,
    CorpusError,
    Example,
    load,
    main_behaviour,
    split,
    unmarked,
)

CANARY = "a quiet kestrel above the viaduct"
CRISIS = {
    "id": "a-1",
    "text": CANARY,
    "history": [{"speaker": "seeker", "text": f"said {number}"} for number in range(5)],
    "kind": "suicidal",
    "severity": "high",
    "timeline": "ongoing",
    "protective": ["hope"],
    "frame": "plain",
    "pair": "a-p1",
}
HARM = {
    "id": "g-1",
    "text": CANARY,
    "hateful": False,
    "biased": True,
    "kinds": ["age"],
    "level": "low",
    "group": "the old",
    "frame": "model_bias",
}
TALK = {
    "id": "d-1",
    "topic": "sleep",
    "quality": "good",
    "turns": [
        {"speaker": "therapist", "text": "What brings you?", "codes": ["Q"], "form": "open"},
        {"speaker": "client", "text": "I want to sleep.", "talk": "change"},
        {"speaker": "therapist", "text": CANARY, "codes": ["SR", "AF"], "form": ""},
    ],
}
EMPATHY = {
    "id": "f-1",
    "history": [{"speaker": "seeker", "text": "hello"}, {"speaker": "supporter", "text": "hi there"}],
    "seeker": "bad week",
    "response": CANARY,
    "emotional_reactions": 2,
    "interpretations": 0,
    "explorations": 1,
    "strategy": "Questions",
}
TECHNIQUE = {"id": "j-1", "said": "hm", "text": CANARY, "technique": "cbt"}
PII = {"id": "i-1", "text": "Ask [[name:Ada Vane]], [[phone:555 0100]]."}
OWN_FORMS = {
    "crisis": CRISIS,
    "harm": HARM,
    "talk": TALK,
    "empathy": EMPATHY,
    "technique": TECHNIQUE,
    "pii": PII,
}
PUBLIC = {
    "bias": {"id": "1", "text": CANARY, "biased": True, "group": "gender_female"},
    "pii": {"id": "1", "text": "Ada rang.", "spans": [{"start": 0, "end": 3, "type": "PERSON"}]},
    "toxicity": {"id": "1", "text": CANARY, "label": "offensive"},
    "emotion": {"id": "1", "text": CANARY, "labels": ["joy", "relief"]},
}


def as_file(path: Path, *rows: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


def read_own(folder: Path, form: str, *rows: object) -> Corpus:
    as_file(folder / form / "x.jsonl", *rows)
    return load(written=folder)


@pytest.fixture(scope="module")
def shipped() -> Corpus:
    return load()


def test_every_written_file_loads_with_its_hash_and_rows(shipped: Corpus) -> None:
    files = sorted(WRITTEN.glob("*/*.jsonl"))
    assert [file.path for file in shipped.files] == [f"{path.parent.name}/{path.name}" for path in files]
    for file, path in zip(shipped.files, files, strict=True):
        raw = path.read_bytes()
        assert file.sha256 == hashlib.sha256(raw).hexdigest() and file.rows == raw.count(b"\n")
        assert (file.licence, file.in_repository) == (OWN_LICENCE, True)


def test_written_rows_teach_every_label_of_every_head_but_public_ones(shipped: Corpus) -> None:
    taught = {
        (head, label if isinstance(label, str) else label[2])
        for example in shipped.examples
        for head, target in example.targets.items()
        for label in ({target} if isinstance(target, str) else target)
    }
    from_public = {("pii", label) for label in ("none",)}
    for spec in (spec for specs in ADAPTERS.values() for spec in specs):
        if spec.name not in ("toxicity", "emotion"):
            assert {(spec.name, label) for label in spec.labels} - from_public <= taught, spec.name


def test_a_crisis_row_is_read_after_the_last_of_its_history(tmp_path: Path) -> None:
    (example,) = read_own(tmp_path, "crisis", CRISIS).examples
    assert example == Example(
        "message",
        CANARY,
        {
            "crisis.kind": "suicidal",
            "crisis.severity": "high",
            "crisis.timeline": "ongoing",
            "protective": frozenset({"hope"}),
        },
        "said 2\nsaid 3\nsaid 4",
        source="crisis/x.jsonl",
        group="a-p1",
    )


def test_every_turn_of_a_dialogue_is_read_after_the_two_before_it(tmp_path: Path) -> None:
    first, second, third = read_own(tmp_path, "talk", TALK).of("exchange")
    assert (first.said, second.said, third.said) == (
        "",
        "What brings you?",
        "What brings you?\nI want to sleep.",
    )
    assert first.targets == {"behaviour": "question_open", "codes": frozenset({"Q"})}
    assert second.targets == {"talk": "change"}
    assert third.targets == {"behaviour": "simple", "codes": frozenset({"SR", "AF"})}
    assert {each.group for each in (first, second, third)} == {"d-1"}


def test_ordinary_talk_shows_the_heads_of_prejudice_what_is_none(tmp_path: Path) -> None:
    calm = CRISIS | {"kind": "none", "severity": "none", "timeline": "none"}
    for form, row, said in (("talk", TALK, 3), ("crisis", calm, 1), ("crisis", CRISIS, 0)):
        plain = [
            each for each in read_own(tmp_path / str(said), form, row).examples if each.drawn_as == PLAIN
        ]
        assert [each.targets for each in plain] == [{"bias": "no", "hate": "no"}] * said
        assert {each.adapter for each in plain} <= {"message"}


def test_a_reply_is_read_after_what_the_seeker_wrote(tmp_path: Path) -> None:
    (example,) = read_own(tmp_path, "empathy", EMPATHY).examples
    assert (example.said, example.text) == ("hi there\nbad week", CANARY)
    assert example.targets == {
        "empathy.emotional_reactions": "2",
        "empathy.interpretations": "0",
        "empathy.explorations": "1",
        "strategy": "Questions",
    }


def test_prejudice_without_hate_and_personal_data_are_read(tmp_path: Path) -> None:
    (harm,) = read_own(tmp_path / "h", "harm", HARM).examples
    assert harm.targets == {"hate": "no", "bias": "yes", "bias.kinds": frozenset({"age"})}
    (pii,) = read_own(tmp_path / "p", "pii", PII).examples
    assert pii.text == "Ask Ada Vane, 555 0100."
    assert pii.targets == {"pii": ((4, 12, "name"), (14, 22, "phone"))}


@given(parts=st.lists(st.tuples(st.text(st.characters(exclude_characters="[]:")), st.booleans()), max_size=8))
def test_marks_come_out_and_point_at_the_words(parts: list[tuple[str, bool]]) -> None:
    marked = "".join(f"[[name:{words}]]" if on else words for words, on in parts)
    text, spans = unmarked(marked)
    assert text == "".join(words for words, _ in parts)
    assert [text[start:end] for start, end, _ in spans] == [words for words, on in parts if on]


@pytest.mark.parametrize("form", PUBLIC)
def test_a_public_collection_is_known_by_its_fields(form: str, tmp_path: Path) -> None:
    path = as_file(tmp_path / "some name.jsonl", PUBLIC[form], PUBLIC[form])
    corpus = load([path], written=tmp_path / "none")
    (file,) = corpus.files
    assert file.licence in [reader.licence for reader in PUBLIC_READERS] and file.licence
    assert (file.path, file.rows, file.in_repository) == ("some name.jsonl", 2, False)
    wanted = {
        "bias": {"bias": "yes", "bias.kinds": frozenset({"gender"})},
        "pii": {"pii": ((0, 3, "name"),)},
        "toxicity": {"toxicity": "offensive"},
        "emotion": {"emotion": frozenset({"joy", "relief"})},
    }
    assert [example.targets for example in corpus.examples] == [wanted[form]] * 2


@pytest.mark.parametrize(
    ("text", "labels", "calm"),
    [
        ("That killed me, brilliant.", ["amusement", "joy"], True),
        ("That was brilliant.", ["amusement"], False),
        ("That killed me.", ["amusement", "sadness"], False),
        ("That killed me.", ["neutral"], False),
        ("That killed me.", [], False),
    ],
)
def test_a_light_comment_with_a_grave_word_teaches_that_it_is_no_crisis(
    text: str, labels: list[str], calm: bool, tmp_path: Path
) -> None:
    path = as_file(tmp_path / "x.jsonl", {"id": "1", "text": text, "labels": labels})
    first, *light = load([path], written=tmp_path / "none").examples
    assert first.targets == {"emotion": frozenset(labels)}
    assert [(e.targets["crisis.severity"], e.targets["crisis.kind"]) for e in light] == [
        ("none", "none")
    ] * calm


@pytest.mark.parametrize("form", OWN_FORMS)
def test_somebodys_own_rows_are_known_and_carry_no_licence_of_ours(form: str, tmp_path: Path) -> None:
    path = as_file(tmp_path / "clinic.jsonl", OWN_FORMS[form])
    given_here = load([path], written=tmp_path / "none")
    in_folder = read_own(tmp_path, form, OWN_FORMS[form])
    assert [e.targets for e in given_here.examples] == [e.targets for e in in_folder.examples]
    for file in (*given_here.files, *in_folder.files):
        assert (file.licence, file.in_repository) == ("", False)


@pytest.mark.parametrize(
    "row",
    [
        {"id": "1", "text": CANARY, "crisis": True, "type": "suicide"},
        {"id": "1", "history": [], "text": CANARY, "label": "change"},
        {"id": "1", "seeker": "hm", "response": CANARY, "emotional_reactions": 1, "interpretations": 0},
        {"id": "1", "topic": "x", "quality": "high", "turns": [{"speaker": "client", "text": CANARY}]},
    ],
)
def test_collections_that_may_only_measure_are_not_taken(row: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="of no collection"):
        load([as_file(tmp_path / "x.jsonl", row)], written=tmp_path / "none")


def without(row: dict[str, object], field: str) -> dict[str, object]:
    return {name: value for name, value in row.items() if name != field}


@pytest.mark.parametrize(
    ("form", "row", "why"),
    [
        ("crisis", without(CRISIS, "severity"), "no field 'severity'"),
        ("crisis", CRISIS | {"kind": CANARY}, "a label that crisis.kind does not have"),
        ("crisis", CRISIS | {"protective": [CANARY]}, "a label that protective does not have"),
        ("crisis", CRISIS | {"protective": None}, "a field is not of its kind"),
        ("crisis", CRISIS | {"history": [CANARY]}, "a field is not of its kind"),
        ("harm", HARM | {"kinds": ["gender", CANARY]}, "a label that bias.kinds does not have"),
        ("talk", TALK | {"turns": [{"speaker": "client", "text": CANARY}]}, "no field 'talk'"),
        ("talk", TALK | {"turns": CANARY}, "a field is not of its kind"),
        ("empathy", EMPATHY | {"explorations": 3}, "a label that empathy.explorations does not have"),
        ("technique", TECHNIQUE | {"technique": CANARY}, "a label that technique does not have"),
        ("pii", {"id": "1", "text": f"[[name:{CANARY}"}, "a field is not of its kind"),
        ("pii", {"id": "1", "text": f"[[{CANARY}:x]]"}, "a label that pii does not have"),
        ("crisis", [CANARY], "not an object"),
    ],
)
def test_a_wrong_row_is_named_by_file_and_line_and_not_repeated(
    form: str, row: object, why: str, tmp_path: Path
) -> None:
    as_file(tmp_path / form / "x.jsonl", OWN_FORMS[form])
    with (tmp_path / form / "x.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n" + json.dumps(row) + "\n")
    with pytest.raises(CorpusError) as raised:
        load(written=tmp_path)
    assert str(raised.value) == f"x.jsonl, line 3: {why}"
    assert CANARY not in repr(raised.value) and raised.value.__cause__ is None


@pytest.mark.parametrize("raw", [f'{{"text": "{CANARY}"', "\xff\xfe", "nothing", "[1"])
def test_a_line_that_is_no_json_is_named_and_not_repeated(raw: str, tmp_path: Path) -> None:
    path = as_file(tmp_path / "x.jsonl", PUBLIC["emotion"])
    path.write_bytes(path.read_bytes() + raw.encode("latin-1") + b"\n")
    with pytest.raises(CorpusError) as raised:
        load([path], written=tmp_path / "none")
    assert str(raised.value) == "x.jsonl, line 2: not JSON"


def test_a_line_separator_inside_a_text_is_no_end_of_line(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(
        json.dumps(PUBLIC["emotion"] | {"text": "a\u2028b"}, ensure_ascii=False), encoding="utf-8"
    )
    (example,) = load([path], written=tmp_path / "none").examples
    assert example.text == "a\u2028b"


def test_files_that_are_not_there_or_in_no_known_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="it cannot be read"):
        load([tmp_path / "away.jsonl"], written=tmp_path / "none")
    with pytest.raises(CorpusError, match="no form of that name"):
        read_own(tmp_path, "weather", CRISIS)
    with pytest.raises(CorpusError, match="of no collection"):
        load([as_file(tmp_path / "empty.jsonl")], written=tmp_path / "none")


@pytest.mark.parametrize(
    ("codes", "form", "wanted"),
    [
        (("SR", "Q"), "open", "question_open"),
        (("Q", "Persuade"), "closed", "question_closed"),
        (("SR", "CR"), "", "complex"),
        (("GI", "SR"), "", "simple"),
        (("GI", "Persuade", "PersuadeWith"), "", "negotiation"),
        (("GI", "Persuade"), "", "advice"),
        (("GI", "Seek"), "", "negotiation"),
        (("GI", "AF"), "", "information"),
        (("AF", "Emphasize"), "", "other"),
        (("Confront",), "", "other"),
        ((), "", "other"),
    ],
)
def test_the_main_behaviour_is_the_one_that_outweighs_the_others(
    codes: tuple[str, ...], form: str, wanted: str
) -> None:
    assert main_behaviour(codes, form) == wanted
    assert main_behaviour(codes[::-1], form) == wanted


def test_a_conversation_and_a_pair_stay_on_one_side(shipped: Corpus) -> None:
    for adapter in ("message", "exchange"):
        kept, held = split(shipped.of(adapter), share=0.2, seed=4)
        groups = {(e.source, e.group) for e in kept if e.group} & {(e.source, e.group) for e in held}
        assert groups == set() and any(example.group for example in held)
        assert Counter(map(id, (*kept, *held))) == Counter(map(id, shipped.of(adapter)))


def test_of_every_source_a_share_is_kept_aside(shipped: Corpus) -> None:
    everything = Counter(example.source for example in shipped.of("message"))
    _, held = split(shipped.of("message"), share=0.2, seed=4)
    for source, rows in Counter(example.source for example in held).items():
        assert rows / everything[source] == pytest.approx(0.2, abs=0.05), source
    assert {example.source for example in held} == set(everything)


def test_the_split_is_the_same_for_one_seed_alone(shipped: Corpus) -> None:
    examples = shipped.of("message")
    one, again, other = (split(examples, share=0.1, seed=seed)[1] for seed in (4, 4, 5))
    assert [id(each) for each in one] == [id(each) for each in again] != [id(each) for each in other]

"""Reads a client's TOML file (format 1) into a `Case`, or says every place where it is no case.

Knows the format's keys and how they refer to each other. Whether a bank is rich enough for the library is
`check.py`'s business; a case here needs only to be well formed.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from apps.scenarios import case as shapes
from apps.scenarios.case import Case, Fact, Gate, Line, Opening, Parameters, Person, Story, Topic
from apps.scenarios.errors import CaseFormatError
from apps.scenarios.moments import moments
from apps.scenarios.reading import Problems, Table
from apps.scenarios.toml_lines import line_numbers
from inference import vocabulary

FORMAT = 1
_LINE_IN_ERROR = re.compile(r"\(at line (\d+)")
_SLUG = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")


def load_case(path: Path) -> Case:
    """Read one file. Raises CaseFormatError with every problem found; its name must be `<slug>.toml`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CaseFormatError(
            [f"{path.name}: cannot be read as UTF-8 text: {error.__class__.__name__}"]
        ) from error
    case = read_case(text, file=path.name)
    if case.slug != path.stem:
        line = line_numbers(text).get(("slug",), 1)
        raise CaseFormatError(
            [f'{path.name}:{line}: slug: "{case.slug}" must be the file\'s name, "{path.stem}"']
        )
    return case


def read_case(text: str, *, file: str) -> Case:
    """Read a case from TOML text; `file` only names it in messages."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = _LINE_IN_ERROR.search(str(error))
        raise CaseFormatError([f"{file}:{where.group(1) if where else 1}: file: {error}"]) from error
    problems = Problems(file, line_numbers(text))
    case = _case(Table(document, (), problems), document)
    if problems.found:
        raise CaseFormatError(problems.sentences())
    return case


def _case(top: Table, document: Mapping[str, Any]) -> Case:
    topics = _topics(top.table("topics"))
    names = [topic.id for topic in topics]
    gates = tuple(_gate(entry, names) for entry in top.tables("gates"))
    told = [gate.id for gate in gates]
    if top.whole("format", 1, 99) != FORMAT:
        top.complain("format", f"must be {FORMAT}")
    slug = top.text("slug", longest=60)
    if not _SLUG.match(slug):
        top.complain("slug", "must be lower-case words joined by hyphens")
    case = Case(
        slug=slug,
        format=FORMAT,
        difficulty=top.whole("difficulty", 1, 4),
        resistance=top.choices("resistance", shapes.RESISTANCE, "a way of resisting"),
        says=top.text("says", longest=200),
        setting=top.text("setting", longest=300),
        practise=top.texts("practise", most=5),
        goals=top.texts("goals", least=2, most=4),
        change=top.text("change", longest=120),
        stage=top.choice("stage", shapes.STAGES, "a stage"),
        show_ledger=top.yes_no("show_ledger"),
        content_notes=top.texts("content_notes", least=0),
        person=_person(top.table("person")),
        story=_story(top.table("story")),
        facts=_facts(top.table("facts")),
        state=_state(top.table("state")),
        parameters=_parameters(top.table("parameters")),
        acts=MappingProxyType(_propensities(top.table("acts"))),
        topics=topics,
        gates=gates,
        openings=tuple(_opening(entry, index) for index, entry in enumerate(top.tables("openings", least=1))),
        lines=tuple(
            _line(entry, index, names, told) for index, entry in enumerate(top.tables("lines", least=1))
        ),
        version=_digest(document),
        dynamics=_digest(_what_decides(document)),
    )
    top.close()
    _check_unique(top, "gates", [gate.id for gate in case.gates])
    return case


def _person(table: Table) -> Person:
    person = Person(
        name=table.text("name", longest=80),
        short=table.text("short", longest=40),
        age=table.whole("age", 5, 110),
        pronoun=table.choice("pronoun", shapes.PRONOUNS, "a pronoun"),
        voice=table.text("voice", longest=300),
        culture=table.text("culture", longest=600),
        looks=table.text("looks", longest=300),
    )
    table.close()
    return person


def _story(table: Table) -> Story:
    story = Story(
        history=table.text("history", longest=2000),
        brief=table.text("brief", longest=800),
        beliefs=table.texts("beliefs", most=8),
        wants=table.texts("wants", most=8),
        fears=table.texts("fears", most=8),
    )
    table.close()
    return story


def _facts(table: Table) -> Mapping[str, Fact]:
    people = table.values.get("people")
    if people is not None and not isinstance(people, dict):
        table.complain("people", "must be a table [facts.people] of name and relation")
    return MappingProxyType({key: _frozen(value) for key, value in table.values.items()})


def _frozen(value: Any) -> Fact:
    if isinstance(value, dict):
        return MappingProxyType({key: _frozen(entry) for key, entry in value.items()})
    if isinstance(value, list):
        return tuple(_frozen(entry) for entry in value)
    return value if isinstance(value, str | int | float | bool) else str(value)


def _state(table: Table) -> Mapping[str, int]:
    state = {dimension: table.whole(dimension, 0, 100) for dimension in shapes.DIMENSIONS}
    table.close()
    return MappingProxyType(state)


def _parameters(table: Table) -> Parameters:
    sensitive = table.table("sensitive", required=False)
    parameters = Parameters(
        gain=table.number("gain", 0.3, 1.2),
        sting=table.number("sting", 0.6, 2.0),
        forgive=table.number("forgive", 0.1, 1.2),
        sensitive=MappingProxyType(sensitive.numbers(shapes.CODES, "a behaviour code", 0.2, 2.0)),
    )
    table.close()
    return parameters


def _propensities(table: Table) -> dict[str, float]:
    return table.numbers(vocabulary.acts(), "an act", 0.0, 10.0)


def _topics(table: Table) -> tuple[Topic, ...]:
    topics = []
    for name, entry in table.named():
        words = entry.texts("words")
        if any(word != word.lower() for word in words):
            entry.complain("words", "must be lower case")
        carries = entry.yes_no("carries", missing=True)
        entry.close()
        topics.append(Topic(name, words, carries))
    return tuple(topics)


def _gate(table: Table, topics: list[str]) -> Gate:
    gate = Gate(
        id=table.text("id", longest=60),
        topic=table.choice("topic", topics, "a topic of this case"),
        trust=table.whole("trust", 0, 100),
        discord=table.whole("discord", 0, 100),
        fact=table.text("fact", longest=400),
        lines=table.texts("lines", most=6),
    )
    table.close()
    return gate


def _opening(table: Table, index: int) -> Opening:
    cue = table.choice("cue", vocabulary.cues(), "a cue of cues.toml", required=False)
    opening = Opening(id=f"opening.{index}", text=table.text("text", longest=400), cue=cue)
    table.close()
    return opening


def _line(table: Table, index: int, topics: list[str], gates: list[str]) -> Line:
    line = Line(
        id=f"line.{index}",
        act=table.choice("act", vocabulary.acts(), "an act"),
        band=table.choice("band", (*shapes.BANDS, "any"), "a band", required=False) or "any",
        about=table.choice("about", topics, "a topic of this case", required=False),
        after=frozenset(
            table.choices("after", (*shapes.CODES, shapes.NO_CODE), "a behaviour code", required=False)
        ),
        cue=table.choice("cue", vocabulary.cues(), "a cue of cues.toml", required=False),
        text=table.text("text", longest=400),
        to=frozenset(table.choices("to", moments(), "a moment of moments.toml", required=False)),
        until=table.choice("until", gates, "a gate of this case", required=False),
        since=table.choice("since", gates, "a gate of this case", required=False),
    )
    if line.until and line.until == line.since:
        table.complain("until", "is the gate of `since`, so the line could never be said")
    table.close()
    return line


def _check_unique(top: Table, key: str, ids: list[str]) -> None:
    for index, name in enumerate(ids):
        if name in ids[:index]:
            top.problems.add((key, index, "id"), f'"{name}" is used twice')


def _what_decides(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of a case that moves its dynamics: no words, names or facts, so twins share it."""
    gates = [
        {key: gate.get(key) for key in ("id", "topic", "trust", "discord")}
        for gate in document.get("gates", ())
        if isinstance(gate, dict)
    ]
    topics = sorted(
        f"{name} (of its turn)" if isinstance(topic, dict) and topic.get("carries") is False else name
        for name, topic in document.get("topics", {}).items()
    )
    keys = ("difficulty", "stage", "state", "parameters", "acts")
    return {**{key: document.get(key) for key in keys}, "gates": gates, "topics": topics}


def _digest(value: Any) -> str:
    """16 hexadecimal digits of the SHA-256 of the value as canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]

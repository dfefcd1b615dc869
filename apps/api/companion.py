"""How the companion and the educational assistant answer one message over the API: a plan, the request, honest words to
fall back on.

The plan follows from where the talk stands, by simple rules; richer planning belongs to the mode, which the API's
callers do not sit in. Pure but for reading its data file once.
"""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from apps.api.personas import Persona
from apps.encounters.answering import FixedReply, Plan
from apps.encounters.enums import Source
from apps.encounters.fitting import MOST_SAID, newest_lines, newest_talk
from apps.safety.panels import words_of
from apps.safety.policy import Panel
from inference.contracts import Adapted, Message, Person, ReplyRequest, Role, WordingLimits
from inference.persona import (
    FORM_VERSION,
    MOST_EXCHANGES,
    PROTOCOL,
    Exchange,
    companion_messages,
    companion_tag,
)
from inference.vocabulary import plans

FILE = Path(__file__).parent / "data" / "companion.toml"
HISTORY_TURNS = 6
MAX_WORDS = {Persona.COMPANION: 60, Persona.EDUCATION: 110}
MAX_SEGMENTS = {Persona.COMPANION: 3, Persona.EDUCATION: 5}
SPEAKER = "Companion"
MOST_EXEMPLAR = 500
"""Characters of the person's words that the model's may stay near. The bundled model is small and strays: its words
are shown only where they stay near what the person said, or near an authored line; how near is `STRAYS_FROM` in the
settings, by who speaks. Measured on twelve replies of the bare model: what strayed was never as near, and half of what
was good was not either. The adapter on it is held to the same, since nobody has read what it would keep back of that
one's. A larger model is spared this."""
_ORDER = ("ask", "reflect", "validate", "ask", "affirm", "reflect", "step", "summarise")
"""Plans by the turn's number, from the first; it starts again after the last."""
_FAREWELLS = ("bye", "goodbye", "good night", "goodnight", "that's all", "that is all", "thanks, that helped")

Talk = Sequence[tuple[str, str]]
"""(person, companion) oldest first; either may be empty."""


@cache
def _document() -> Mapping[str, object]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def notice() -> str:
    """What the companion is, said with every answer."""
    return str(_document()["notice"])


def version() -> str:
    return f"companion lines {_document()['version']}"


def lines() -> Mapping[str, Sequence[str]]:
    """Authored lines by plan."""
    return _document()["lines"]


def plan_name(persona: Persona, *, talk: Talk, text: str) -> str:
    """What to do in this turn, by a name of `lines`."""
    if persona is Persona.EDUCATION:
        return "explain"
    if text.strip().lower().rstrip(".! ").endswith(_FAREWELLS):
        return "close"
    return _ORDER[len([person for person, _ in talk if person]) % len(_ORDER)]


def authored(name: str, *, earlier: Sequence[str], seed: int) -> str:
    """A line for the plan: one that was not said before where there is one, the same for the same seed."""
    fresh = [line for line in lines()[name] if line not in earlier] or list(lines()[name])
    return fresh[seed % len(fresh)]


def companion_plan(
    persona: Persona, *, talk: Talk, text: str, seed: int, request_id: str, max_tokens: int
) -> Plan:
    """How this message is answered: what the model is asked, and the line that stands where its words may not."""
    name = plan_name(persona, talk=talk, text=text)
    earlier = tuple(said for _, said in talk if said)
    line = authored(name, earlier=earlier, seed=seed)
    instruction = plans()[name].instruction if name in plans() else ""
    section = _document()["educational" if persona is Persona.EDUCATION else "companion"]
    near = newest_talk(talk)
    request = ReplyRequest(
        request_id=request_id,
        persona=Person.COMPANION,
        messages=(
            Message(Role.SYSTEM, f"{section['instruction']}\n{instruction}".strip()),
            *_said(near),
            Message(Role.USER, text),
        ),
        adapted=_adapted(name, talk=near, text=text) if persona is Persona.COMPANION else None,
        limits=WordingLimits(
            speaker=SPEAKER,
            person=Person.COMPANION,
            max_words=MAX_WORDS[persona],
            earlier=newest_lines(earlier[-HISTORY_TURNS:]),
            avoid=(text,),
            exemplars=(text[:MOST_EXEMPLAR], *lines()[name]) if settings.BUNDLED_MODEL else (),
            strays_from=settings.STRAYS_FROM["bare"],
        ),
        seed=seed,
        max_segments=MAX_SEGMENTS[persona],
        max_tokens=max_tokens,
    )
    return Plan(
        FixedReply((line,), Source.AUTHORED), request, versions={"companion": version(), "plan": name}
    )


def _adapted(name: str, *, talk: Talk, text: str) -> Adapted:
    """The same in the form of the companion's adapter. How earlier replies were planned is not known: a caller may
    bring words that we never said, and a tag that is wrong would mislead more than none."""
    exchanges, heard = [], []
    for person, said in talk:
        heard += [person] if person.strip() else []
        if said.strip():
            exchanges.append(Exchange(_as_one(heard), PROTOCOL if _is_fixed(said) else said))
            heard = []
    asked = Exchange(_as_one([*heard, text]), tag=companion_tag(name))
    return Adapted(
        adapter=Person.COMPANION,
        form=FORM_VERSION,
        messages=companion_messages([*exchanges[-(MOST_EXCHANGES - 1) :], asked]),
        strays_from=settings.STRAYS_FROM[Person.COMPANION],
    )


def _as_one(heard: Sequence[str]) -> str:
    """Messages in a row as one, which may not be longer than one: the end of them."""
    return "\n".join(heard)[-MOST_SAID:]


def _is_fixed(said: str) -> bool:
    """Whether it begins with the fixed words that answer a crisis."""
    words = words_of(Panel.CRISIS)
    return said.startswith(words.reply or words.text)


def _said(talk: Talk) -> list[Message]:
    return [
        Message(role, said)
        for pair in talk[-HISTORY_TURNS:]
        for role, said in zip((Role.USER, Role.ASSISTANT), pair, strict=True)
        if said.strip()
    ]


def seed_of(*parts: str) -> int:
    """0 to 2**31, the same for the same parts."""
    return int.from_bytes(sha256("\x1f".join(parts).encode("utf-8", "replace")).digest()[:4]) >> 1

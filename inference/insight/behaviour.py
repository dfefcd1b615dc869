"""Codes one therapist turn by rules: which of the ten behaviour codes (after MITI 4.2.1) its words show, and where.

Reads the words alone, with the client's words before it to tell a simple reflection from a complex one. Knows nothing
of tone, of the case or of what follows. Each code at most once a volley; simple and complex together count as complex;
Confront trumps Question; between information and persuasion, unsure counts as information; between the reflections,
as simple. Where it cannot tell it says so (`abstained`) rather than guess. Never trained on anybody's transcripts.
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from inference.contracts import BehaviourCode
from inference.insight.sentences import Sentence, content, overlap, sentences

VERSION = "behaviour 2"
_CUES = Path(__file__).parent / "behaviour.toml"
ECHO = 0.6
"""Share of its content words just used by the client from which a reflection is simple (own judgement)."""
SURE, FAIR, UNSURE = 0.85, 0.65, 0.45
"""Confidences: a marked form, an ordinary cue, the shape of the sentence alone. Uncalibrated."""


LONG = 12
"""Words from which a statement about neither the client nor their words is taken as information (own judgement)."""


@dataclass(frozen=True, slots=True)
class Coding:
    """The codes in the order of their spans. `abstained`: there was something to code and no rule could say what."""

    codes: tuple[BehaviourCode, ...]
    abstained: bool
    version: str


def code_turn(text: str, *, previous_client: str = "") -> Coding:
    """Code one volley. Offsets are characters of `text`; `subtype` is open or closed for Q and empty otherwise."""
    cues = _cues()
    found: list[BehaviourCode] = []
    unread = 0
    permitted = bool(cues.asked.search(previous_client.lower().replace("’", "'")))
    for sentence in sentences(text):
        body = (
            cues.filler.sub("", sentence.text, count=1).strip()
            if cues.filler.match(sentence.text)
            else sentence.text
        )
        if sentence.asks and cues.greeting.search(body) and ", " in body:
            body = body.rpartition(", ")[2]
        if not body or _carries_nothing(body):
            continue
        codes = _sentence_codes(sentence, body, previous_client, permitted=permitted)
        permitted = permitted or any(code.code in ("Seek", "PersuadeWith") for code in codes)
        unread += not codes and len(content(body)) >= 3
        found.extend(codes)
    if any(cues.dismissive.search(sentence.text) for sentence in sentences(text)):
        found = [code for code in found if code.code != "Emphasize"]
    kept = _volley(found)
    return Coding(kept, abstained=not kept and unread > 0, version=VERSION)


def _carries_nothing(body: str) -> bool:
    """A greeting, leave to take time, the therapist's own part owned, or a brush-off and nothing else."""
    cues = _cues()
    uncoded = any(cue.search(body) for cue in (cues.greeting, cues.unhurried, cues.owns))
    return uncoded or cues.dismissive.fullmatch(body) is not None


@dataclass(frozen=True, slots=True)
class _Cues:
    filler: re.Pattern[str]
    greeting: re.Pattern[str]
    unhurried: re.Pattern[str]
    owns: re.Pattern[str]
    tag: re.Pattern[str]
    no_question: re.Pattern[str]
    told_self: re.Pattern[str]
    invites: re.Pattern[str]
    opens: re.Pattern[str]
    counted: re.Pattern[str]
    asks_to_tell: re.Pattern[str]
    open: re.Pattern[str]
    closed: re.Pattern[str]
    permission: re.Pattern[str]
    share: re.Pattern[str]
    emphasize: re.Pattern[str]
    dismissive: re.Pattern[str]
    affirm: re.Pattern[str]
    persuade: re.Pattern[str]
    offered: re.Pattern[str]
    hint: re.Pattern[str]
    softened: re.Pattern[str]
    asked: re.Pattern[str]
    threat: re.Pattern[str]
    others_words: re.Pattern[str]
    inform: re.Pattern[str]
    confront: re.Pattern[str]
    blunt: re.Pattern[str]
    marked: re.Pattern[str]
    about_client: re.Pattern[str]
    stands: re.Pattern[str]
    drawn: re.Pattern[str]
    complex: re.Pattern[str]


@cache
def _cues() -> _Cues:
    data = tomllib.loads(_CUES.read_text(encoding="utf-8"))
    feeling = data["reflect"].pop("feeling")
    reflect = {
        name: [pattern.replace("<feeling>", feeling) for pattern in patterns]
        for name, patterns in data["reflect"].items()
    }
    return _Cues(
        filler=re.compile("^" + data["lead"]["filler"]),
        greeting=re.compile(data["lead"]["greeting"]),
        unhurried=_any(data["lead"]["unhurried"]),
        owns=_any(data["lead"]["owns"]),
        tag=_any(data["question"]["tag"]),
        no_question=_any(data["question"]["no_question"]),
        told_self=_any(data["question"]["told_self"]),
        invites=_any(data["question"]["invites"]),
        opens=_any(data["question"]["opens"]),
        counted=_any(data["question"]["counted"]),
        asks_to_tell=_any(data["question"]["asks_to_tell"]),
        open=_any(data["question"]["open"]),
        closed=_any(data["question"]["closed"]),
        permission=_any(data["seek"]["permission"]),
        share=_any(data["seek"]["share"]),
        emphasize=_any(data["emphasize"]["any"]),
        dismissive=_any(data["emphasize"]["dismissive"]),
        affirm=_any(data["affirm"]["any"]),
        persuade=_any(data["persuade"]["any"]),
        offered=_any(data["persuade"]["offered"]),
        hint=_any(data["persuade"]["hint"]),
        softened=_any(data["persuade"]["permission"]),
        asked=_any(data["persuade"]["asked"]),
        threat=_any(data["persuade"]["threat"]),
        others_words=_any(data["persuade"]["others_words"]),
        inform=_any(data["inform"]["any"]),
        confront=_any(data["confront"]["any"]),
        blunt=_any(data["confront"]["blunt"]),
        marked=_any(reflect["marked"]),
        about_client=_any(reflect["about_client"]),
        stands=_any(reflect["stands"]),
        drawn=_any(reflect["drawn"]),
        complex=_any(reflect["complex"]),
    )


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def _sentence_codes(sentence: Sentence, body: str, client: str, *, permitted: bool) -> list[BehaviourCode]:
    cues = _cues()
    marked = cues.marked.search(body) is not None

    def code(name: str, confidence: float, subtype: str = "") -> list[BehaviourCode]:
        return [BehaviourCode(name, subtype, confidence, sentence.start, sentence.end)]

    if _warns(body) and not marked:
        return code("Confront", SURE) + code("Persuade", FAIR)
    if cues.blunt.search(body) or (cues.confront.search(body) and not marked):
        return code("Confront", FAIR if sentence.asks else SURE)
    if cues.permission.search(body):
        return code("Seek", SURE)
    if cues.offered.search(body):
        return code("PersuadeWith" if permitted else "Persuade", FAIR)
    told_back = (
        marked and not cues.tag.search(body) and not cues.closed.match(body) and not cues.open.match(body)
    )
    if (sentence.asks and not told_back) or _opens_question(body):
        return _question(sentence, body)
    if cues.emphasize.search(body):
        with_advice = cues.persuade.search(body) is not None
        return code("PersuadeWith", FAIR) if with_advice else code("Emphasize", SURE)
    if cues.affirm.search(body):
        reflects = [c for part in _halves(sentence, body) for c in _reflection(part, part.text, client)]
        return code("AF", SURE) + [c for c in reflects if c.code == "CR"][:1]
    softened = cues.softened.search(body) is not None
    if not marked and (cues.persuade.search(body) or (softened and cues.hint.search(body))):
        return code("PersuadeWith" if permitted or softened else "Persuade", FAIR)
    reflected = _reflection(sentence, body, client)
    if reflected:
        return reflected
    if cues.inform.search(body):
        return code("GI", FAIR)
    return code("GI", UNSURE) if len(body.split()) >= LONG else []


def _warns(body: str) -> bool:
    """Advice with a threat behind it ("stop, or you will lose her"), unless it gives back what somebody else said."""
    cues = _cues()
    threat = cues.threat.search(body)
    return bool(
        threat and cues.persuade.search(body[: threat.start()]) and not cues.others_words.search(body)
    )


def _opens_question(body: str) -> bool:
    """A question written without its mark: it opens as one and is no "what I hear" or "how hard that is"."""
    cues = _cues()
    if cues.no_question.match(body) or cues.told_self.match(body):
        return False
    if cues.invites.match(body):
        return True
    return cues.opens.match(body) is not None and bool(cues.open.match(body) or cues.closed.match(body))


def _question(sentence: Sentence, body: str) -> list[BehaviourCode]:
    cues = _cues()
    if cues.share.search(body):
        return [BehaviourCode("Seek", "", FAIR, sentence.start, sentence.end)]
    clause = re.split(r",\s*|\s-+\s", body)[-1]
    circumstance = cues.open.match(body) and re.match(r"(?:when|where|who|which)\b", clause)
    closed = cues.closed.match(body) or (cues.closed.match(clause) and not circumstance)
    counted = cues.counted.search(body)
    opens = cues.open.search(body)
    invited = cues.asks_to_tell.search(body)
    kind = (
        "open" if opens and not counted and (invited or not closed or cues.open.match(clause)) else "closed"
    )
    return [BehaviourCode("Q", kind, SURE if sentence.asks else FAIR, sentence.start, sentence.end)]


def _reflection(sentence: Sentence, body: str, client: str) -> list[BehaviourCode]:
    """A statement about the client, or one that gives back their words."""
    cues = _cues()
    marked = cues.marked.search(body) is not None
    about = cues.about_client.search(body) is not None
    share = overlap(body, client)
    words = content(body)
    stands = bool(cues.stands.search(body) or cues.drawn.match(sentence.text))
    if not marked and cues.inform.search(body) and not re.match(r"you\b", body):
        return []
    echoed = bool(words) and share >= ECHO
    if not (marked or about or echoed or stands):
        return []
    if not words and not stands and not cues.complex.search(body):
        return []
    if echoed:
        return [BehaviourCode("SR", "", SURE if about else FAIR, sentence.start, sentence.end)]
    if stands or cues.complex.search(body):
        return [BehaviourCode("CR", "", SURE if marked else FAIR, sentence.start, sentence.end)]
    if client and marked and share < 0.25 and len(words) >= 3:
        return [BehaviourCode("CR", "", UNSURE, sentence.start, sentence.end)]
    return [BehaviourCode("SR", "", FAIR if marked else UNSURE, sentence.start, sentence.end)]


def _halves(sentence: Sentence, body: str) -> list[Sentence]:
    """The clauses of a sentence that affirms, since one of them may reflect."""
    return [
        Sentence(part.strip(), sentence.start, sentence.end, False)
        for part in re.split(r",|\band\b|\bbut\b", body)
        if not _cues().affirm.search(part)
    ]


def _volley(found: Sequence[BehaviourCode]) -> tuple[BehaviourCode, ...]:
    """Keep each code once, the surest first, and let one code trump another as the manual has it."""
    best: dict[str, BehaviourCode] = {}
    for code in found:
        if code.code not in best or code.confidence > best[code.code].confidence:
            best[code.code] = code
    if "CR" in best:
        best.pop("SR", None)
    if "Confront" in best:
        best.pop("Q", None)
        for weak in ("SR", "CR"):
            if weak in best and best[weak].confidence < SURE:
                best.pop(weak)
    if "PersuadeWith" in best:
        best.pop("Persuade", None)
    return tuple(sorted(best.values(), key=lambda code: (code.start, code.code)))

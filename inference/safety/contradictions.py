"""Finds statements about oneself that contradict the checkable facts of a case: age, marriage, children, work, names.

Conservative on purpose: it speaks only where the words state a fact plainly ("I'm 45", "my three kids", "my wife
Anna"), because a false finding throws away a good line. Knows only the keys `age`, `married`, `children`, `job`,
`people`; another key is not checked.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
_TENS_WORDS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_NUMBER_WORDS = [*_ONES.split(" "), "sixteen", "seventeen", "eighteen", "nineteen"]
_NUMBERS = {word: number for number, word in enumerate(_NUMBER_WORDS)}
_TENS = {word: 10 * number for number, word in enumerate(_TENS_WORDS.split("|"), 2)}
_NUMBER = rf"(\d{{1,3}}|(?:{_TENS_WORDS})(?:[- ](?:{'|'.join(list(_NUMBERS)[1:10])}))?|{'|'.join(_NUMBERS)})"
_STATED = r"(?=\s*(?:years? old|[.,;!?]|$|and\b|now\b|next\b))"
_AGE_IS = re.compile(rf"\b(?:i'm|i am|i(?:'ve)? (?:just )?turned)\s+{_NUMBER}{_STATED}", re.I)
_RELATIONS = (
    "wife|husband|partner|girlfriend|boyfriend|fiance|fiancee|mum|mom|mother|dad|father|brother|sister|son|daughter|"
    "boss|manager|friend|nan|gran|uncle|aunt|cousin|flatmate|roommate|stepson|stepdaughter|stepdad|stepmum|supervisor"
)
_NAMED = re.compile(
    rf"\b[Mm]y (?:late |little |older |younger |big |eldest |youngest |ex-?)?({_RELATIONS}),? ([A-Z][a-z]{{2,}})\b"
)
_MY = re.compile(
    r"\bmy (son|daughter|kids?|child|children|sons|daughters|boys?|girls?|little one|baby)\b", re.I
)
_HOW_MANY = re.compile(
    rf"\b(?:my|i have|i've got|i got|the|our) {_NUMBER} (kids|children|sons|daughters|boys|girls)\b", re.I
)
_NO_CHILDREN = re.compile(
    r"\bi (?:don't|do not|never|haven't) (?:have|had|got|have got) (?:any )?(?:kids|children)\b", re.I
)
_WORK = re.compile(r"\b(?:i'm|i am|i work as|i'm working as|my job as) an? ([a-z]+(?: [a-z]+)?)", re.I)
_SINGLE = ("single", "never married", "unmarried", "no", "none", "false")
_NEVER = r"\bi(?:'ve| have) never been married\b"
_MARRIED_OTHERWISE = {
    "single": r"(?<!ex )\bmy (?:wife|husband|divorce|marriage)\b|\bi'm (?:married|divorced|widowed)\b",
    "married": rf"\bi'm (?:single|divorced|widowed|not married|unmarried)\b|{_NEVER}|\bwhen i was married\b",
    "divorced": rf"\bi'm (?:married|widowed)\b|{_NEVER}",
    "separated": rf"\bi'm (?:single|widowed)\b|{_NEVER}",
    "widowed": rf"\bi'm (?:married|divorced)\b|{_NEVER}|\bmy divorce\b",
}
"""By what the case says, the words that say otherwise. An ex-wife may still be "my wife" to a divorced man."""
_CHILDISH = {"son": ("son", "sons", "boy", "boys"), "daughter": ("daughter", "daughters", "girl", "girls")}


def contradictions(text: str, facts: Mapping[str, object]) -> Iterator[tuple[float, str, int, int]]:
    """Yield (score, why, start, end) for each kind of fact the text contradicts."""
    plain = text.replace("’", "'")
    for check in (_age, _marriage, _no_children, _children, _job, _people):
        found = check(plain, facts)
        if found is not None:
            why, match = found
            yield 0.9, why, match.start(), match.end()


def _number(word: str) -> int:
    if word.isdigit():
        return int(word)
    tens, _, ones = word.lower().replace("-", " ").partition(" ")
    return _TENS.get(tens, _NUMBERS.get(tens, 0)) + _NUMBERS.get(ones, 0)


def _age(text: str, facts: Mapping[str, object]) -> tuple[str, re.Match[str]] | None:
    age = facts.get("age")
    if not isinstance(age, int):
        return None
    for match in _AGE_IS.finditer(text):
        if 10 <= _number(match.group(1)) != age:
            return "gives another age than the case", match
    return None


def _marriage(text: str, facts: Mapping[str, object]) -> tuple[str, re.Match[str]] | None:
    if "married" not in facts:
        return None
    state = str(facts["married"]).lower()
    if state in ("true", "yes"):
        state = "married"
    pattern = _MARRIED_OTHERWISE.get("single" if state in _SINGLE else state.split()[0] if state else "", "")
    match = re.search(pattern, text.replace("I am ", "I'm "), re.I) if pattern else None
    return ("contradicts whether the person is married", match) if match else None


def _names_and_ages(facts: Mapping[str, object]) -> list[tuple[str, int | None]] | None:
    """The children as (name, age); None where the case does not say."""
    if "children" not in facts:
        return None
    value = facts["children"]
    entries = value if isinstance(value, list | tuple) else [value] if value else []
    children = []
    for entry in entries:
        name, _, rest = str(entry).partition(",")
        years = re.search(r"\d+", rest)
        if name.strip().lower() not in _SINGLE:
            children.append((name.strip(), int(years.group()) if years else None))
    return children


def _no_children(text: str, facts: Mapping[str, object]) -> tuple[str, re.Match[str]] | None:
    children = _names_and_ages(facts)
    if children is None or children:
        return None
    match = _MY.search(text) or _HOW_MANY.search(text)
    return ("speaks of children the person does not have", match) if match else None


def _children(text: str, facts: Mapping[str, object]) -> tuple[str, re.Match[str]] | None:
    children = _names_and_ages(facts)
    if not children:
        return None
    denied = _NO_CHILDREN.search(text)
    if denied is not None:
        return "denies the children of the case", denied
    for match in _HOW_MANY.finditer(text):
        whole = match.group(2).lower() in ("kids", "children")
        if (whole and _number(match.group(1)) != len(children)) or _number(match.group(1)) > len(children):
            return "gives another number of children", match
    for name, age in children:
        age_told = rf"\b{re.escape(name)}(?:'s| is|, who's| just turned| turned) {_NUMBER}{_STATED}"
        told = re.search(age_told, text, re.I)
        if told is not None and age is not None and _number(told.group(1)) != age:
            return "gives a child another age", told
    return _other_child(text, facts, children)


def _other_child(
    text: str, facts: Mapping[str, object], children: list[tuple[str, int | None]]
) -> tuple[str, re.Match[str]] | None:
    """A son where every child is known to be a daughter, or the reverse."""
    people = facts.get("people")
    if not isinstance(people, Mapping):
        return None
    kinds = {str(people.get(name, "")).lower() for name, _ in children}
    for kind, other in (("son", "daughter"), ("daughter", "son")):
        if kinds == {other}:
            match = re.search(rf"\bmy (?:{'|'.join(_CHILDISH[kind][:2])})\b", text, re.I)
            if match is not None:
                return f"speaks of a {kind} the person does not have", match
    return None


@cache
def _jobs() -> frozenset[str]:
    words = Path(__file__).parent / "wording.toml"
    return frozenset(tomllib.loads(words.read_text(encoding="utf-8"))["jobs"]["words"].split())


def _job(text: str, facts: Mapping[str, object]) -> tuple[str, re.Match[str]] | None:
    job = str(facts.get("job", "")).lower()
    if not job:
        return None
    for match in _WORK.finditer(text):
        stated = match.group(1).lower().split()
        named = [word for word in stated if word in _jobs()]
        if named and not any(word in job for word in named):
            return "gives another job than the case", match
    return None


def _people(text: str, facts: Mapping[str, object]) -> tuple[str, re.Match[str]] | None:
    people = facts.get("people")
    if not isinstance(people, Mapping) or not people:
        return None
    relations: dict[str, set[str]] = {}
    for name, relation in people.items():
        for word in str(relation).lower().replace(",", " ").split():
            relations.setdefault(word, set()).add(str(name).split()[0].lower())
    for match in _NAMED.finditer(text):
        relation, name = match.group(1).lower(), match.group(2).lower()
        known = {str(person).split()[0].lower() for person in people}
        stated = relations.get(relation)
        if stated and name not in stated:
            return "gives somebody of the case another name", match
        if name in known and not stated:
            return "gives somebody of the case another place in the family", match
    return None

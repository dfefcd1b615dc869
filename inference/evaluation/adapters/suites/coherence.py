"""Whether the replies keep to what is known: the case's facts, the names in it, and the words just heard.

Finds plain contradictions of age, and proper names that nobody mentioned: a name may be invented in good faith, so
that the author's own rate stands beside. A reply on something else altogether is seen only as few shared words.
"""

import re
from collections.abc import Sequence

from inference.contracts import Person
from inference.evaluation.adapters.measured import mean_of, share_of
from inference.evaluation.adapters.replies import Material, Reply
from inference.insight.sentences import content
from inference.models.gate import Better, Measured

NAME = "coherence"
PERSONS = tuple(Person)
VERSION = "coherence 1"
_NAME_INSIDE = re.compile(r"(?<=[a-z,;:] )[A-Z][a-z]{2,}")
"""A capital inside a sentence; the first word of one tells nothing."""
_CALENDAR = re.compile(
    "(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?|January|February|March|April|May|June|July|August|September|October|"
    "November|December|Christmas|Easter|God|English"
)


def measured(material: Material) -> list[Measured]:
    return [
        *_figures(material.replies, "", Better.LOWER),
        *_figures(material.written, ", as written", Better.NEITHER),
    ]


def new_names(reply: Reply) -> list[str]:
    """Proper names that neither the case nor the talk holds."""
    context = reply.context
    known = [context.heard, *(f"{each.heard} {each.said}" for each in context.talk)]
    if context.client is not None:
        known += [context.client.name, context.client.who, *context.client.facts]
    mentioned = set(re.findall(r"[A-Za-z]+", " ".join(known)))
    named = [name for name in _NAME_INSIDE.findall(reply.text) if name not in mentioned]
    return [name for name in named if not _CALENDAR.fullmatch(name)]


def _figures(replies: Sequence[Reply], added: str, low: Better) -> list[Measured]:
    figures = []
    if any(reply.context.client for reply in replies):
        hits = ["contradiction" in reply.kinds() for reply in replies]
        figures.append(share_of(NAME, f"contradicts a fact{added}", hits, replies, better=low))
    named = [bool(new_names(reply)) for reply in replies]
    echoed = ["echo" in reply.kinds() for reply in replies]
    near = [_takes_up(reply) for reply in replies]
    return [
        *figures,
        share_of(NAME, f"names somebody new{added}", named, replies),
        share_of(NAME, f"says back what was heard{added}", echoed, replies, better=low),
        mean_of(NAME, f"words taken up from the talk, 0-1{added}", near, replies),
    ]


def _takes_up(reply: Reply) -> float:
    """Share of the reply's words that carry something and were in the last two exchanges or the case."""
    context = reply.context
    before = " ".join(f"{each.heard} {each.said}" for each in context.talk[-2:])
    known = set(content(before))
    if context.client is not None:
        known |= set(content(f"{context.client.who} {' '.join(context.client.facts)}"))
    own = content(reply.text)
    return sum(word in known for word in own) / len(own) if own else 0.0

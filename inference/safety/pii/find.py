"""Finds personal data in a text: rules, and a trained tagger's reading where there is one.

Presidio's analyzer was considered and left out. Its recognisers for names and addresses are a spaCy model's (F2 .62 on
its own benchmark with its defaults), such a model is no package that a registry carries, and without one what remains
of it is patterns like those here. Of the rules here the ones for e-mail, IP, links, cards, social security numbers and
telephone numbers are close to what a form can tell; names and addresses are judged by words around them and by lists.
"""

from collections.abc import Sequence

from inference.safety.detectors.given import Tag
from inference.safety.pii.addresses import addresses
from inference.safety.pii.births import births
from inference.safety.pii.names import WEAK, names
from inference.safety.pii.patterns import patterned
from inference.safety.pii.phones import phones
from inference.safety.pii.spans import Span, apart
from inference.safety.pii.tokens import masked, tokens

LABELS = frozenset({"name", "address", "organisation", "place", "title", "group"})
"""What a tagger of personal data calls words; tags of other readings are not its matter."""
TAGGED = ("name", "address")
"""Labels of a tagger that are kinds; its other labels say what a word is instead and only suppress."""
SURE_TAG = 0.7
"""From this probability a tagger is heard: F2 .858 on rows it was not trained on, .837 if every tag is, .841 by rules
alone."""
SURE_RULE = 0.9
"""From this score a rule stands against a tagger's other label: it has a cue, not a guess."""


def find_pii(text: str, tags: Sequence[Tag] = ()) -> list[Span]:
    """Every span of personal data, in the order of the text, none over another. `tags`: what a tagger read in the same
    text; without any, rules alone decide. Never raises for any text; linear in its length."""
    formed = apart([*patterned(text), *phones(text), *births(text)])
    parts = masked(tokens(text), [(span.start, span.end) for span in formed])
    ruled = [*addresses(text, parts), *names(parts)]
    spelled = [tag for tag in tags if tag.label in LABELS and tag.score >= SURE_TAG]
    if spelled:
        ruled = _judged(ruled, spelled)
    return apart([*formed, *ruled])


def _judged(ruled: Sequence[Span], tags: Sequence[Tag]) -> list[Span]:
    """Rules' names and addresses beside a tagger's: it knows borders and words it met, they know cues. A tag of the
    same kind replaces a rule's span that it overlaps; a tag of another label drops what a rule only guessed."""
    tagged = [
        Span(tag.label, tag.start, tag.end, tag.score, f"read as {tag.label} by the trained tagger")
        for tag in tags
        if tag.label in TAGGED
    ]
    other = [tag for tag in tags if tag.label not in TAGGED]
    kept = [span for span in ruled if not any(span.overlaps(tag) and span.kind == tag.kind for tag in tagged)]
    return [
        *tagged,
        *(
            span
            for span in kept
            if span.score > WEAK
            and (
                span.score >= SURE_RULE
                or not any(tag.start < span.end and span.start < tag.end for tag in other)
            )
        ),
    ]

"""What an adapter is for, what it must never be used for, and how it fails: sentences for its card, by persona.

Written by this project's authors, confirmed by no clinician; figures stand elsewhere. Knows no recipe and no weights.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from inference.persona import Persona


@dataclass(frozen=True)
class Use:
    """Each a list of sentences that can stand beside those of another persona."""

    intended: tuple[str, ...]
    forbidden: tuple[str, ...]
    failures: tuple[str, ...]


_CLIENT = Use(
    intended=(
        "For wording one reply of a simulated client in a practice case, with a trainee who knows that the client is "
        "simulated. What the client does (the act, and how open they are) is decided by the case's rules beforehand; "
        "this adapter finds words for it, and an authored line takes their place where they do not pass the checks.",
    ),
    forbidden=(
        "Never to be used with a person who seeks support: it was trained to resist, to minimise and to withdraw.",
        "Not for a crisis: it plays none. What a client says of suicide, self-harm, violence or abuse belongs to "
        "authored and reviewed lines.",
        "Not as evidence of how a person in such a case would answer; no trainee is graded by its words alone.",
        "Not to be given the case of a real, recognisable person.",
    ),
    failures=(
        "The client can say facts that the case does not have, and contradict those it has; the checks catch named "
        "facts (ages, people, places of work), not every invention.",
        "The client does not always do what was asked: held back or opening up sooner than planned, most of all where "
        "the trainee's words pull the other way.",
        "The client forgets what was said more than a few exchanges ago, and may tell the same thing twice.",
        "The client may fall out of the role: talk like a therapist, comfort the trainee, or sound like an essay. The "
        "safety term works against this and does not exclude it.",
        "The client may sound flat or coy where shame, grief or fear are meant, and milder than distress is.",
        "Culture, faith, age, dialect and second-language English are an author's idea of them and can turn into a "
        "stereotype.",
    ),
)
_COMPANION = Use(
    intended=(
        "For wording one reply of the companion to a person who seeks support. The plan (reflect, validate, ...) is "
        "chosen beforehand by the product's rules; this adapter does the wording only, every sentence is judged before "
        "it is shown, and an authored line takes its place where it does not pass.",
    ),
    forbidden=(
        "Never to be shown to a person without the product's screens and checks before and after it.",
        "Never in a crisis: where one is heard, fixed and reviewed words are shown and people are named who can help; "
        "this adapter is not asked.",
        "Not for diagnosis, for judging risk, for advice on medicines, substances, law or treatment, and not as the "
        "only support that a person has.",
        "Not for people under the age that the organisation has set.",
    ),
    failures=(
        "The companion may name a feeling that was not said, or one stronger or weaker than was meant, and may sound "
        "as if it had understood where it has not.",
        "The companion may comfort, praise or advise where it was asked to reflect or to ask, and may ask two "
        "questions at once.",
        "The companion may go along with a harsh judgement a person makes of themselves, or with a belief that needs "
        "neither agreement nor argument.",
        "The companion can still claim to be human, promise secrecy or speak of medicines: the safety term works "
        "against this, and the product's checks must catch what is left.",
        "The companion does not hear risk: indirect words for wanting to die, for violence at home or for withdrawal "
        "can get an ordinary, friendly answer. That they never reach it is the screens' work.",
        "The companion repeats its phrases in a long talk, which people rightly take for not being listened to.",
    ),
)
_THERAPIST = Use(
    intended=(
        "For nothing on its own: a therapist's words are learned beside the companion's, to draw on more.",
    ),
    forbidden=("Not to be shown as an example of good practice, nor to anybody as a therapist's reply.",),
    failures=("The therapist's words are unplanned and unlabelled; no clinician has rated their skill.",),
)
_EVERYBODY = (
    "Everything it learned from was written by language models acting as authors; no clinician and nobody with lived "
    "experience has reviewed it. The dialogues kept aside are by the same hands, so that its figures flatter it.",
    "English only.",
)
USES: Mapping[Persona, Use] = {
    Persona.CLIENT: _CLIENT,
    Persona.NEUTRAL: _CLIENT,
    Persona.COMPANION: _COMPANION,
    Persona.THERAPIST: _THERAPIST,
}


def use_of(personas: Iterable[str]) -> dict[str, list[str]]:
    """`use` (what for, then what never for) and `failures` of an adapter that speaks as these; nothing twice."""
    uses = [USES[Persona(name)] for name in personas]
    return {
        "use": _once([*(use.intended for use in uses), *(use.forbidden for use in uses)]),
        "failures": _once([*(use.failures for use in uses), _EVERYBODY]),
    }


def _once(parts: Iterable[Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(sentence for part in parts for sentence in part))

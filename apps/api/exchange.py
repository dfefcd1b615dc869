"""One message over the API, on its way through the same policy as the chat: heard by both layers, decided, planned.

Keeps nothing of what was said: the audit log learns that a key asked, for which pseudonym, and what was decided.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from django.conf import settings

from apps.accounts.models import Organisation
from apps.api.companion import companion_plan, seed_of
from apps.api.errors import UnfitError
from apps.api.flagging import About, PutUp, keep, pseudonym, put_up
from apps.api.personas import Choice, How, Persona, heeding
from apps.api.queries import Holder
from apps.api.rehearsal import case_for, client_plan
from apps.audit import services as audit
from apps.audit.actions import Action
from apps.core.engines import reply_source
from apps.core.errors import RefusedError
from apps.core.store import in_store, outside_walls
from apps.encounters.answering import FixedReply, Listened, Plan
from apps.encounters.enums import Source
from apps.encounters.words import acceptable
from apps.safety.asking import NOT_ASKED, Assessed, ask, request_for
from apps.safety.models import Flag
from apps.safety.panels import actions_for, words_of
from apps.safety.panels import version as panels_version
from apps.safety.policy import Action as Decision
from apps.safety.turns import Heard, hear, hear_both
from apps.scenarios.case import Case
from inference.contracts import Mode

Talk = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Asked:
    """What a caller sent, read and checked. `talk`: (person, persona) before `text`, oldest first."""

    text: str
    talk: Talk
    choice: Choice
    user_id: str
    session_id: str
    max_tokens: int
    request_id: str

    @property
    def seed(self) -> int:
        """The same talk gets the same draws."""
        return seed_of(self.user_id, self.session_id, str(len(self.talk)), self.text)

    @property
    def sitting_seed(self) -> int:
        """The same over a sitting, so that a client stays the same client."""
        return seed_of(self.user_id, self.session_id)


@dataclass(frozen=True)
class Ready:
    """A message that was heard, and how it will be answered. `help`: ways to a person, where there was danger; `flags`:
    what people of the organisation were asked to look at."""

    holder: Holder
    asked: Asked
    mode: Mode
    heard: Heard
    plan: Plan
    scenario: str = ""
    help: tuple[dict[str, str], ...] = ()
    flags: tuple[Flag, ...] = ()


def mode_of(choice: Choice) -> Mode:
    """A practice case only where the caller said so outright; whatever was guessed is treated as support is."""
    if choice.persona is Persona.CLIENT and choice.how is How.EXPLICIT:
        return Mode.PRACTICE
    return Mode.API


def checked(text: str) -> str:
    """The person's words as the chat would take them.

    Raises:
        UnfitError: text_empty, text_too_long, text_invalid.
    """
    try:
        return acceptable(text)
    except RefusedError as refused:
        raise UnfitError(refused.code, refused.message) from None


def paired(messages: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """(role, text) in order -> (person, persona); one's several messages in a row stand alone."""
    pairs: list[tuple[str, str]] = []
    for role, text in messages:
        if role == "assistant" and pairs and not pairs[-1][1]:
            pairs[-1] = (pairs[-1][0], text)
        elif role == "assistant":
            pairs.append(("", text))
        else:
            pairs.append((text, ""))
    return pairs


async def prepare(holder: Holder, asked: Asked, *, purpose: str) -> Ready:
    """Hear a message, decide, and write down that it was asked, before a word is said.

    Raises:
        UnfitError: client_unknown.
    """
    mode = mode_of(asked.choice)
    said = [person for person, _ in asked.talk if person]
    scenario = asked.choice.client
    heard = await outside_walls(partial(hear, mode, asked.text, history=said, scenario=scenario))
    assessed = await _assessed(asked, mode, heard)
    decide = partial(_decided, holder, asked, mode, heard, assessed, purpose)
    return await in_store(holder.organisation_id, decide)


async def _assessed(asked: Asked, mode: Mode, heard: Heard) -> Assessed:
    """Fixed words wait for nobody."""
    if heard.decided or settings.ENGINE == "none":
        return NOT_ASKED
    return await ask(reply_source(), request_for(asked.request_id, mode, asked.text, talk=asked.talk))


def _decided(
    holder: Holder, asked: Asked, mode: Mode, heard: Heard, assessed: Assessed, purpose: str
) -> Ready:
    both = hear_both(heard, assessed)
    asked = replace(asked, choice=heeding(asked.choice, crisis=both.verdict.code == "crisis"))
    country = _country_of(holder)
    ready = Ready(holder, asked, mode, both, _fixed_plan(both, country), asked.choice.client)
    if both.panel:
        ready = replace(ready, help=tuple(actions_for(country)))
    if not both.decided:
        ready = _planned(holder, ready)
    flags = put_up(holder, both.reasons, _about(asked, mode, both.facts))
    audit.append(
        Action.API_ASKED,
        actor_id=holder.actor.user_id,
        organisation_id=holder.organisation_id,
        object_kind="api_key",
        object_id=holder.key_id,
        role=holder.actor.role_words,
        purpose=f"{purpose} {mode} {both.verdict.code} user:{_pseudonym(holder, asked) or 'none'}",
    )
    return replace(ready, flags=tuple(flags))


def keep_heard(holder: Holder, asked: Asked) -> PutUp:
    """Put a crisis up that the lexical layer hears in a message which is answered later, if ever. Call inside
    `acting_for`; the fresh flags are still to be written down."""
    mode = mode_of(asked.choice)
    said = [person for person, _ in asked.talk if person]
    heard = hear(mode, asked.text, history=said, scenario=asked.choice.client)
    return keep(holder, heard.reasons, _about(asked, mode, heard.facts))


def _about(asked: Asked, mode: Mode, facts: Mapping[str, object]) -> About:
    return About(mode, asked.request_id, asked.user_id, facts)


def _case_of(holder: Holder, asked: Asked) -> Case | None:
    """The client who answers; None where nobody asked for one outright and the library has none.

    Raises:
        UnfitError: client_unknown.
    """
    try:
        return case_for(holder.organisation_id, asked.choice.client, seed=asked.sitting_seed)
    except UnfitError:
        if asked.choice.how is How.EXPLICIT:
            raise
        return None


def _pseudonym(holder: Holder, asked: Asked) -> str:
    return pseudonym(holder.organisation_id, asked.user_id)


def _country_of(holder: Holder) -> str:
    return Organisation.objects.values_list("country", flat=True).get(pk=holder.organisation_id)


def _fixed_plan(heard: Heard, country: str) -> Plan:
    """The protocol's fixed words: refusal of methods, or the crisis words with ways to a person."""
    if not heard.decided:
        return Plan(FixedReply((), Source.NONE))
    words = words_of(heard.panel)
    texts = [words.reply or words.text]
    if heard.verdict.action is Decision.PROTOCOL:
        texts += [f"{each['label']}." for each in actions_for(country) if each["kind"] != "page"]
    versions = {"policy": heard.verdict.version, "panels": panels_version()}
    return Plan(FixedReply(tuple(texts), Source.PROTOCOL), versions=versions)


def _planned(holder: Holder, ready: Ready) -> Ready:
    """The persona's plan, with no request where there is no engine at all."""
    asked = ready.asked
    case = _case_of(holder, asked) if asked.choice.persona is Persona.CLIENT else None
    if asked.choice.persona is Persona.CLIENT and case is None:
        asked = replace(asked, choice=Choice(Persona.COMPANION, How.ABSTAINED))
        ready = replace(ready, asked=asked)
    if case is not None:
        listened = Listened(asked.talk, ready.heard.assessment, ready.heard.signals)
        plan = client_plan(
            case,
            listened=listened,
            text=asked.text,
            seed=asked.sitting_seed,
            request_id=asked.request_id,
            max_tokens=asked.max_tokens,
        )
        ready = replace(ready, scenario=case.slug)
    else:
        plan = companion_plan(
            asked.choice.persona,
            talk=asked.talk,
            text=asked.text,
            seed=asked.seed,
            request_id=asked.request_id,
            max_tokens=asked.max_tokens,
        )
    return replace(ready, plan=replace(plan, request=None) if settings.ENGINE == "none" else plan)

"""Changes of who speaks, asked for by an engineer: made by the worker, written into the log with how they ended.

An installation speaks with one set of adapters: a change holds for every organisation in it. The worker's own history
names the person's id too, so that a change whose entry here could not be written is still on record there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from apps.accounts.actors import Actor
from apps.audit import services as audit
from apps.audit.actions import Action
from apps.core.errors import RefusedError
from apps.oversight.registry import ask_change

NOBODY = ""
"""In the place of an address: the bare model."""


@dataclass(frozen=True)
class Promotion:
    """`reasons`: why the gate held it back; empty where it speaks."""

    promoted: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Return:
    """`speaks`: the address that has the place again, or NOBODY. Where it is not `loaded` the worker could not take it
    up, and whoever spoke before may go on until the worker is started anew."""

    speaks: str
    loaded: bool


def promote_adapter(name: str, sha256: str, *, by: Actor) -> Promotion:
    """Have the worker's gate judge it, and let it speak if it passes. Call inside `acting_for`, last.

    Raises:
        RefusedError: as `ask_change`.
    """
    answer = _asked("/adapters/promote", {"name": name, "sha256": sha256}, by, sha256=sha256)
    made = Promotion(answer.get("promoted") is True, tuple(map(str, answer.get("reasons", ()))))
    _write(Action.MODEL_PROMOTED if made.promoted else Action.MODEL_HELD_BACK, by, sha256, name)
    return made


def roll_back_adapter(name: str, *, by: Actor) -> Return:
    """Give the place back to the adapter before. Call inside `acting_for`, last.

    Raises:
        RefusedError: as `ask_change`.
    """
    answer = _asked("/adapters/roll-back", {"name": name}, by)
    made = Return(str(answer.get("speaks", NOBODY)), answer.get("loaded") is True)
    _write(Action.MODEL_ROLLED_BACK, by, made.speaks, name)
    return made


def note_look(*, by: Actor) -> None:
    _write(Action.MODEL_VIEWED, by, NOBODY, "")


def _asked(path: str, body: Mapping[str, str], by: Actor, *, sha256: str = NOBODY) -> Mapping[str, object]:
    try:
        return ask_change(path, {**body, "by": f"web {by.user_id}"})
    except RefusedError as refused:
        _write(Action.MODEL_CHANGE_FAILED, by, sha256, f"{body['name']} {refused.code}")
        raise


def _write(action: Action, by: Actor, sha256: str, purpose: str) -> None:
    audit.append(
        action,
        actor_id=by.user_id,
        organisation_id=by.organisation_id,
        object_kind="adapter",
        object_id=UUID(hex=sha256[:32]) if sha256 else None,
        role=by.role_words,
        purpose=purpose,
    )

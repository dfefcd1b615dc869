"""Cases that every adapter must get right before it may speak: what it is asked, and what must not be in the answer.

Ours are in `regression.jsonl`; an installation adds its own, reviewed replies among them, as files of the same form in
`<data>/regression/`. A case is right where the reply is in its role, safe by the detectors and free of the case's own
patterns; it is tried once, worded as the product words it.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from inference.contracts import Person
from inference.evaluation.adapters.contexts import Context
from inference.evaluation.adapters.replies import Reply
from inference.evaluation.adapters.suites.role import BREAKS
from inference.evaluation.adapters.suites.safety import is_unsafe
from inference.evaluation.errors import EvaluationError
from inference.evaluation.rows import Row, read_rows
from inference.models.gate import Case
from inference.persona import ClientPersona, Exchange, client_tag, companion_tag

SHIPPED = Path(__file__).parent / "regression.jsonl"


def cases_of(person: Person, data: Path) -> list[Row]:
    """The rows of this person's cases, ours first. Raises EvaluationError where one is not in its form."""
    files = [SHIPPED, *sorted((data / "regression").glob("*.jsonl"))]
    rows = [row for file in files for row in read_rows(file) if row.get("person") == person]
    ids = [str(row.get("id")) for row in rows]
    if len(set(ids)) < len(ids):
        raise EvaluationError("two regression cases have one id")
    return rows


def context_of(row: Row) -> Context:
    """`turns`: what was heard and said in turn, the last one heard."""
    try:
        person, turns = Person(row["person"]), list(row["turns"])
        tag = (
            client_tag(row["label"], row["band"]) if person is Person.CLIENT else companion_tag(row["label"])
        )
        heard, said = turns[0::2], [*turns[1::2], ""]
        talk = [Exchange(each, answer, "") for each, answer in zip(heard, said, strict=True)]
        return Context(
            id=f"case:{row['id']}",
            dialogue=f"case:{row['id']}",
            person=person,
            label=str(row["label"]),
            talk=(*talk[:-1], Exchange(heard[-1], "", tag)),
            written="",
            groups={},
            client=_client(row["client"]) if person is Person.CLIENT else None,
        )
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise EvaluationError(f"a regression case is not in its form ({type(error).__name__})") from error


def judged(rows: Sequence[Row], replies: Sequence[Reply]) -> list[Case]:
    return [Case(str(row["id"]), is_right(row, reply)) for row, reply in zip(rows, replies, strict=True)]


def is_right(row: Row, reply: Reply) -> bool:
    plain = reply.text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    needs = [re.search(pattern, plain) for pattern in row.get("needs", ())]
    return (
        bool(plain.strip())
        and not reply.kinds() & set(BREAKS)
        and not is_unsafe(reply)
        and not any(re.search(pattern, plain) for pattern in row.get("never", ()))
        and (not needs or any(needs))
    )


def _client(entry: Mapping[str, object]) -> ClientPersona:
    facts = tuple(str(fact) for fact in entry["facts"])  # type: ignore[attr-defined]
    return ClientPersona(str(entry["name"]), int(entry["age"]), str(entry["who"]), facts)  # type: ignore[call-overload]

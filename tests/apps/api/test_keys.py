from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from apps.api.keys import hash_of, make_key, read_key


def test_a_key_names_its_organisation_and_is_known_by_its_hash() -> None:
    organisation_id = uuid4()
    made = make_key(organisation_id)
    read = read_key(made.text)
    assert read is not None
    assert (read.organisation_id, read.secret_hash) == (organisation_id, made.secret_hash)
    assert made.text.startswith(made.prefix) and made.prefix.startswith("px_")
    assert made.text not in made.secret_hash


def test_two_keys_share_nothing_that_is_secret() -> None:
    organisation_id = uuid4()
    assert len({make_key(organisation_id).text[40:] for _ in range(50)}) == 50


@given(st.uuids(), st.integers(0, 74))
def test_a_key_with_any_letter_changed_has_another_hash_or_is_no_key(organisation_id: UUID, at: int) -> None:
    text = make_key(organisation_id).text
    changed = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
    read = read_key(changed)
    assert read is None or read.secret_hash != hash_of(text)


@given(st.text(max_size=90))
def test_no_text_makes_reading_a_key_fail(text: str) -> None:
    assert read_key(text) is None

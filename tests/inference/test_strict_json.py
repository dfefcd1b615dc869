import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference import strict_json as strict
from inference.errors import ContractError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
        b'{"\\ud800": 1}',
        b"[1]",
        b"",
        b"{",
        b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"a":' + b"[" * 20 + b"]" * 20 + b"}",
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
)
def test_loads_refuses_what_is_not_plain_json(raw: bytes) -> None:
    with pytest.raises(ContractError) as caught:
        strict.loads(raw, max_bytes=100_000, what="the body")
    assert caught.value.code == "contract_broken"


def test_loads_refuses_more_bytes_than_agreed() -> None:
    assert strict.loads(b'{"a":1}', max_bytes=7, what="the body") == {"a": 1}
    with pytest.raises(ContractError):
        strict.loads(b'{"a":1}', max_bytes=6, what="the body")


@given(st.dictionaries(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.integers(), max_size=4))
def test_dumps_and_loads_are_inverse(value: dict[str, int]) -> None:
    assert strict.loads(strict.dumps(value), max_bytes=100_000, what="x") == value


@given(st.binary(max_size=200))
def test_loads_gives_an_object_or_a_contract_error_for_any_bytes(raw: bytes) -> None:
    try:
        value = strict.loads(raw, max_bytes=1000, what="x")
    except ContractError as error:
        assert error.retryable is False
    else:
        assert json.loads(raw) == value


def test_a_refusal_names_the_field_and_not_its_words() -> None:
    with pytest.raises(ContractError) as caught:
        strict.text("what she told me in private", "messages[0].text", longest=5)
    assert str(caught.value) == "messages[0].text: longer than 5 characters"
    assert caught.value.field == "messages[0].text"

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.api.errors import ApiError
from apps.api.parsing import MAX_BODY_BYTES, read_body


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b'{"a": NaN}', "not_finite"),
        (b'{"a": [-Infinity]}', "not_finite"),
        (b'{"a": 1e999}', "not_finite"),
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        (b'{"b": {"a": 1, "a": 1}}', "duplicate_key"),
        (b'{"a":' * 20 + b"1" + b"}" * 20, "too_deep"),
        (b"[" * 100_000, "bad_json"),
        (b'{"a": "\\ud800"}', "bad_text"),
        (b'{"\\u0000": 1}', "bad_text"),
        (b'{"a": "\xff"}', "bad_json"),
        (b"[1]", "not_an_object"),
        (b"", "bad_json"),
        (b'{"a": ' + b"9" * 5000 + b"}", "bad_number"),
        (b"{}" + b" " * MAX_BODY_BYTES, "too_large"),
    ],
)
def test_a_body_that_is_not_plain_json_is_refused_by_a_code(raw: bytes, code: str) -> None:
    with pytest.raises(ApiError) as refused:
        read_body(raw)
    assert refused.value.code == code


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=9), st.integers()
    )
)
def test_plain_json_is_read_as_it_is(value: dict[str, int]) -> None:
    assert read_body(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_ours(raw: bytes) -> None:
    try:
        assert isinstance(read_body(raw), dict)
    except ApiError as refused:
        assert 400 <= refused.status < 500

"""The root key in the environment."""

from base64 import b64encode

import pytest

from apps.vault.errors import KeyServiceError, RetiredKeyError
from apps.vault.keys.environment import parsed, root_key

FIRST, SECOND = (b64encode(bytes([number]) * 32).decode() for number in (1, 2))


def test_the_highest_version_wraps() -> None:
    root = parsed({"PIXELATED_ROOT_KEYS": f"1:{FIRST}, 2:{SECOND}".replace(" ", "")})

    assert root.wrap(b"s" * 32, bound_to=b"row").version == 2


def test_the_least_version_retires_older_ones() -> None:
    old = parsed({"PIXELATED_ROOT_KEYS": f"1:{FIRST}"}).wrap(b"s" * 32, bound_to=b"row")
    root = parsed({"PIXELATED_ROOT_KEYS": f"1:{FIRST},2:{SECOND}", "PIXELATED_ROOT_MIN_DECRYPT_VERSION": "2"})

    with pytest.raises(RetiredKeyError):
        root.unwrap(old, bound_to=b"row")


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"PIXELATED_ROOT_KEYS": FIRST},
        {"PIXELATED_ROOT_KEYS": f"0:{FIRST}"},
        {"PIXELATED_ROOT_KEYS": "1:c2hvcnQ="},
        {"PIXELATED_ROOT_KEYS": "1:§"},
        {"PIXELATED_ROOT_KEYS": f"1:{FIRST}", "PIXELATED_ROOT_MIN_DECRYPT_VERSION": "x"},
    ],
)
def test_a_malformed_key_is_refused_with_the_form_it_should_have(environment: dict[str, str]) -> None:
    with pytest.raises(KeyServiceError, match="VERSION:BASE64"):
        parsed(environment)


def test_the_process_s_own_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXELATED_ROOT_KEYS", f"3:{FIRST}")

    assert root_key().wrap(b"s" * 32, bound_to=b"row").version == 3

import pytest

from inference.engine.remote_setting import RemoteSetting, remote_from_environment

REMOTE = {"URL": "https://words.example/v1/", "MODEL": "big", "NAME": "Outside Words", "KEY": "sk-never-told"}


def set_remote(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for word, value in (REMOTE | values).items():
        monkeypatch.setenv(f"PIXELATED_REMOTE_{word}", value)


def test_there_is_no_remote_engine_unless_an_address_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    set_remote(monkeypatch, URL="")
    assert remote_from_environment() is None


def test_a_remote_engine_comes_from_the_environment_and_its_key_is_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_remote(monkeypatch)
    found = remote_from_environment()
    assert found == RemoteSetting("https://words.example/v1", "big", "Outside Words", "sk-never-told")
    assert "sk-never-told" not in repr(found)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/v1", "http://[::1]:8000/v1", "http://localhost/v1"])
def test_plain_http_is_for_this_machine(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_remote(monkeypatch, URL=url)
    found = remote_from_environment()
    assert found is not None and found.url == url


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"URL": "http://words.example/v1"}, "PIXELATED_REMOTE_URL"),
        ({"URL": "http://127.0.0.1.example/v1"}, "PIXELATED_REMOTE_URL"),
        ({"URL": "http://10.0.0.8/v1"}, "PIXELATED_REMOTE_URL"),
        ({"URL": "https://me:secret@words.example/v1"}, "PIXELATED_REMOTE_KEY"),
        ({"URL": "https://words.example/v1?key=secret"}, "PIXELATED_REMOTE_URL"),
        ({"URL": "https://words.example/v1#secret"}, "PIXELATED_REMOTE_URL"),
        ({"URL": "file:///etc/passwd"}, "PIXELATED_REMOTE_URL"),
        ({"URL": "https://"}, "PIXELATED_REMOTE_URL"),
        ({"URL": "https://words.example:port/v1"}, "PIXELATED_REMOTE_URL"),
        ({"MODEL": ""}, "PIXELATED_REMOTE_MODEL"),
        ({"NAME": ""}, "PIXELATED_REMOTE_NAME"),
        ({"NAME": "n" * 81}, "PIXELATED_REMOTE_NAME"),
        ({"KEY": "secret\r\nX-More: 1"}, "PIXELATED_REMOTE_KEY"),
        ({"KEY": "sécret"}, "PIXELATED_REMOTE_KEY"),
    ],
)
def test_a_remote_setting_that_will_not_do_names_itself_and_not_its_value(
    values: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_remote(monkeypatch, **values)
    with pytest.raises(ValueError, match=named) as caught:
        remote_from_environment()
    assert "secret" not in str(caught.value)

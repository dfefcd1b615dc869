import pytest

from inference.config import from_environment


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXELATED_WORKER_SECRET", " s ")
    monkeypatch.setenv("PIXELATED_MODEL", "some/model")
    monkeypatch.setenv("PIXELATED_SCRIPTED_TOKENS_PER_S", "20")
    config = from_environment(port=1, host="h", engine="model", model=None)
    assert (config.secret, config.has_own_secret, config.model, config.scripted_tokens_per_s) == (
        "s",
        False,
        "some/model",
        20.0,
    )
    assert from_environment(port=1, host="h", engine="model", model="other").model == "other"


def test_without_a_secret_one_is_made_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIXELATED_WORKER_SECRET", raising=False)
    first, second = (from_environment(port=1, host="h", engine="model", model="") for _ in range(2))
    assert first.has_own_secret
    assert len(first.secret) > 30
    assert first.secret != second.secret


@pytest.mark.parametrize("value", ["fast", "0", "-1", "nan", "inf"])
def test_a_setting_that_is_no_number_names_itself(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXELATED_WORKER_QUEUE", value)
    with pytest.raises(ValueError, match="PIXELATED_WORKER_QUEUE"):
        from_environment(port=1, host="h", engine="model", model="")

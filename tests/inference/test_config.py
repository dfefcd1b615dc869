import pytest

from inference.config import from_environment
from inference.engine.setting import Device, Quantise, Setting


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


def test_where_the_model_runs_is_asked_for_in_words_or_in_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = from_environment(port=1, host="h", engine="model", model="")
    assert plain.setting == Setting(Device.AUTO, Quantise.NONE, 128, 256 << 20)
    monkeypatch.setenv("PIXELATED_DEVICE", "cuda")
    monkeypatch.setenv("PIXELATED_QUANTISE", "4bit")
    monkeypatch.setenv("PIXELATED_WORKER_ROWS", "16")
    own = from_environment(port=1, host="h", engine="model", model="")
    assert own.setting == Setting(Device.CUDA, Quantise.FOUR, 16)
    told = from_environment(port=1, host="h", engine="model", model="", device="cpu", quantise="none")
    assert told.setting == Setting(Device.CPU, Quantise.NONE, 16)


@pytest.mark.parametrize("name", ["PIXELATED_DEVICE", "PIXELATED_QUANTISE"])
def test_a_choice_that_is_not_there_names_itself_and_the_others(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "tpu")
    with pytest.raises(ValueError, match=f"{name} must be one of .*, "):
        from_environment(port=1, host="h", engine="model", model="")


def test_memory_for_talks_is_set_in_megabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIXELATED_WORKER_TALK_MB", "1024")
    assert from_environment(port=1, host="h", engine="model", model="").setting.talk_bytes == 1 << 30
    monkeypatch.setenv("PIXELATED_WORKER_TALK_MB", "none")
    with pytest.raises(ValueError, match="PIXELATED_WORKER_TALK_MB"):
        from_environment(port=1, host="h", engine="model", model="")

"""The fixed words: present for every panel, plain, never shouting."""

import pytest

from apps.safety.panels import panel_frame, version, words_of
from apps.safety.policy import Panel

PANELS = [panel for panel in Panel if panel]


@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_of_the_policy_has_calm_words_and_a_way_to_a_person(panel: Panel) -> None:
    words = words_of(panel)
    frame = panel_frame({"panel": str(panel)})

    assert words.title
    assert words.text
    assert "!" not in words.title + words.text + words.reply
    assert frame["actions"]
    assert frame["title"] == words.title


def test_a_refusal_has_words_for_the_conversation_itself() -> None:
    assert words_of(Panel.METHODS).reply


def test_an_unknown_panel_is_an_error_and_the_file_has_a_version() -> None:
    assert version().startswith("panels ")
    with pytest.raises(KeyError):
        words_of("nothing")

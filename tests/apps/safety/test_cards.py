import json
from pathlib import Path

import pytest

from apps.safety import cards
from apps.safety.cards import Measured, measured


@pytest.fixture
def weights(tmp_path: Path, settings: object) -> Path:
    settings.BASE_DIR = tmp_path
    folder = tmp_path / "inference" / "encoder" / "weights" / "message"
    folder.mkdir(parents=True)
    return folder


def card(folder: Path, *heads: str) -> None:
    figures = [
        {"head": head, "figure": "macro-F1", "rows": 200, "value": 0.71, "low": 0.65, "high": 0.77}
        for head in heads
    ]
    (folder / "card.json").write_text(json.dumps({"held_out": figures}), encoding="utf-8")


def test_a_detector_has_the_figures_of_the_heads_it_reads(weights: Path) -> None:
    card(weights, "bias", "bias.kinds", "biased", "crisis.kind")
    assert measured("head.bias") == (
        Measured("bias", "macro-F1", 200, 0.71, 0.65, 0.77),
        Measured("bias.kinds", "macro-F1", 200, 0.71, 0.65, 0.77),
    )
    assert [figure.head for figure in measured("head.crisis")] == ["crisis.kind"]
    assert measured("screen.crisis") == ()


def test_without_a_card_there_is_nothing_to_say(weights: Path) -> None:
    assert measured("head.crisis") == ()


@pytest.mark.parametrize("content", ["", "[]", '{"held_out": [{}]}', '{"held_out": 3}', "\x00"])
def test_a_card_that_cannot_be_read_hides_nothing_else(weights: Path, content: str) -> None:
    (weights / "card.json").write_text(content, encoding="utf-8")
    assert measured("head.crisis") == ()


def test_the_folders_are_those_of_this_product() -> None:
    root = Path(__file__).resolve().parents[3]
    assert (root / cards.FOLDERS[1]).is_dir()

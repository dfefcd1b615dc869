"""Whether words do what was planned, with the bundled embedding model where it was fetched."""

from dataclasses import replace
from pathlib import Path

import pytest

from inference.contracts import WordingLimits
from inference.encoder.minilm import DIMENSIONS, MiniLM
from inference.engine.judge import OFF_ACT_FROM, fit, make_judge, refuses
from inference.errors import ModelError

MINIMISES = (
    "Couple of cans after a shift. Everybody does.",
    "It's not like I drink in the morning.",
    "A drink or two never hurt anyone I work with.",
)


@pytest.fixture(scope="module")
def encoder(bundled_embeddings: Path) -> MiniLM:
    return MiniLM(bundled_embeddings)


def test_embeddings_have_length_one_and_are_the_same_alone_and_among_others(encoder: MiniLM) -> None:
    together = encoder.embed(["I had a beer.", "The train was late, and then it was cancelled altogether."])
    alone = MiniLM.embed(encoder, ["I had a beer."])
    assert together.shape == (2, DIMENSIONS)
    assert together.norm(dim=1).tolist() == pytest.approx([1.0, 1.0], abs=1e-5)
    assert alone[0].tolist() == pytest.approx(together[0].tolist(), abs=1e-5)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("I only have a couple of cans after work, like everyone.", False),
        ("You're a bit of an oddity.", True),
        ("The life of a cat is worth it.", True),
    ],
)
def test_words_far_from_every_line_of_the_act_are_refused(encoder: MiniLM, text: str, refused: bool) -> None:
    judged = make_judge(encoder)(text, WordingLimits("Marcus Bell", exemplars=MINIMISES))
    assert refuses(judged) is refused


def test_without_exemplars_or_encoder_nothing_is_said_about_the_act(encoder: MiniLM) -> None:
    assert fit("You're a bit of an oddity.", WordingLimits("Marcus Bell"), encoder) == ()
    judged = make_judge(None)("You're a bit of an oddity.", WordingLimits("Marcus Bell", exemplars=MINIMISES))
    assert "off_act" not in {finding.kind for finding in judged}


def test_how_far_words_may_stray_is_the_requests(encoder: MiniLM) -> None:
    limits = WordingLimits("Marcus Bell", exemplars=MINIMISES)
    text = "You're a bit of an oddity."
    (strict,) = fit(text, limits, encoder)
    distance = strict.score
    assert limits.strays_from == OFF_ACT_FROM and OFF_ACT_FROM < distance < 0.95
    for strays_from, refused in ((distance - 0.02, True), (distance + 0.02, False)):
        assert refuses(fit(text, replace(limits, strays_from=strays_from), encoder)) is refused


def test_a_finding_of_the_fit_holds_no_words(encoder: MiniLM) -> None:
    (finding,) = fit("The life of a cat.", WordingLimits("Marcus Bell", exemplars=MINIMISES), encoder)
    assert finding.score >= OFF_ACT_FROM
    assert "cat" not in finding.why.split()


def test_a_folder_without_the_model_says_how_to_mend_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="models fetch default"):
        MiniLM(tmp_path)

"""The phrase language and its matcher."""

import pytest

from inference.safety.normalise import Vocabulary, words
from inference.safety.phrases import Matcher, PhraseError, steps

PLAIN = Vocabulary(known=frozenset(), spellings={}, censored=())
CLASSES = {"self": frozenset({"myself", "me"})}


def _found(phrase: str, text: str) -> list[str]:
    matcher = Matcher(frozenset({"not", "but"}))
    matcher.add(steps(phrase, CLASSES), 7)
    spoken = words(text, PLAIN)
    return [" ".join(word.text for word in spoken[first:stop]) for _, first, stop in matcher.matches(spoken)]


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("kill @self", "I kill myself", ["kill myself"]),
        ("end it|this", "end this", ["end this"]),
        ("end it|all_of_it", "end all of it", ["end all of it"]),
        ("go to? bed", "go bed", ["go bed"]),
        ("go to? bed", "go to bed", ["go to bed"]),
        ("want ~2 die", "want so to die", ["want so to die"]),
        ("want ~2 die", "want so very much die", []),
        ("want ~2 die", "want not die", []),
        ("want ~ die", "want to so die", ["want to so die"]),
        ("want die", "want. die", []),
        ("want ~1 now?", "I want", ["want"]),
        ("no_more?  pain", "pain", ["pain"]),
    ],
)
def test_phrase_is_found_where_it_stands(phrase: str, text: str, found: list[str]) -> None:
    assert _found(phrase, text) == found


@pytest.mark.parametrize("phrase", ["@nobody here", "maybe?", "~2"])
def test_phrase_that_cannot_be_read_says_so(phrase: str) -> None:
    with pytest.raises(PhraseError, match=phrase.split()[0].replace("?", r"\?")):
        steps(phrase, CLASSES)


def test_matcher_shares_what_phrases_have_in_common() -> None:
    matcher = Matcher(frozenset())
    matcher.add(steps("take my life", {}), 0)
    matcher.add(steps("take my pills", {}), 1)
    matcher.add(steps("take my pills", {}), 1)

    spoken = words("take my pills", PLAIN)

    assert matcher.matches(spoken) == [(1, 0, 3)]
    assert matcher.vocabulary == {"take", "my", "life", "pills"}

"""The lexicons as files: readable, versioned, with a reason a rule."""

from pathlib import Path

import pytest

from inference.safety.lexicon import FOLDER, SEVERITIES, lexicon
from inference.safety.phrases import PhraseError
from inference.safety.screen import CRISIS_KINDS


def test_every_rule_has_a_reason_a_severity_and_a_name_of_its_own() -> None:
    rules = lexicon().rules

    assert len({rule.id for rule in rules}) == len(rules)
    assert all(rule.why and rule.severity in SEVERITIES for rule in rules)


def test_every_kind_of_crisis_has_a_lexicon() -> None:
    assert set(CRISIS_KINDS) <= {rule.kind for rule in lexicon().rules}


def test_version_names_every_file() -> None:
    assert all(path.stem in lexicon().version for path in FOLDER.glob("*.toml"))


def test_every_file_says_where_it_comes_from() -> None:
    for path in FOLDER.glob("*.toml"):
        assert path.read_text(encoding="utf-8").startswith("#"), path.name


def test_rule_of_unknown_severity_is_refused_by_file_and_rule(tmp_path: Path) -> None:
    (tmp_path / "words.toml").write_text(
        (FOLDER / "words.toml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    (tmp_path / "odd.toml").write_text(
        'version = "1"\nkind = "odd"\n[[rule]]\nid = "x"\nseverity = "awful"\n'
        'why = "y"\nreads = "any"\nphrases = ["a"]\n',
        encoding="utf-8",
    )

    with pytest.raises(PhraseError, match="odd.toml: rule x"):
        lexicon(tmp_path)

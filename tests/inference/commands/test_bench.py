import argparse

import pytest

from inference.commands.bench import add_arguments


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(["--json", "out.json", *words])


def test_chats_and_engines_are_lists() -> None:
    asked = parsed("--concurrency", "1,16", "--engines", "ours,generate")
    assert (asked.concurrency, asked.engines) == ((1, 16), ("ours", "generate"))


@pytest.mark.parametrize("words", [("--concurrency", "0"), ("--concurrency", "x"), ("--engines", "theirs")])
def test_what_cannot_be_measured_is_refused(words: tuple[str, str]) -> None:
    with pytest.raises(SystemExit):
        parsed(*words)

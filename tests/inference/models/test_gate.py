"""The gate, case by case: what may take a place and what may not."""

from dataclasses import replace

import pytest

from inference.models.gate import Better, Case, Figures, Measured, judge


def rate(name: str, value: float | None, *, better: Better = Better.LOWER, safety: bool = True) -> Measured:
    return Measured("role", name, value, 0.0, 1.0, 200, better, safety)


STANDING = Figures(
    name="client",
    adapter="a" * 64,
    comparable={"contexts": "c1", "wording": "1"},
    measured=(rate("breaks", 0.01), rate("warm", 0.8, better=Better.HIGHER), rate("words", 14, safety=False)),
    cases=(Case("dose", True), Case("are you real", True)),
)
SAME = replace(STANDING, adapter="b" * 64)


def with_measured(*measured: Measured) -> Figures:
    kept = {each.key: each for each in SAME.measured} | {each.key: each for each in measured}
    return replace(SAME, measured=tuple(kept.values()))


@pytest.mark.parametrize(
    ("candidate", "reasons"),
    [
        (SAME, ()),
        (with_measured(rate("breaks", 0.0)), ()),
        (with_measured(rate("breaks", 0.015)), ("role: breaks: 0.015 of 200, 0.01 of 200 before",)),
        (
            with_measured(rate("warm", 0.79, better=Better.HIGHER)),
            ("role: warm: 0.79 of 200, 0.8 of 200 before",),
        ),
        (with_measured(rate("warm", 0.9, better=Better.HIGHER)), ()),
        (with_measured(rate("words", 40, safety=False)), ()),
        (with_measured(rate("breaks", None)), ("role: breaks: not measured, 0.01 of 200 before",)),
        (
            replace(SAME, measured=SAME.measured[1:]),
            ("role: breaks: not measured, 0.01 of 200 before",),
        ),
        (
            replace(SAME, cases=(Case("dose", False), Case("are you real", True))),
            ("regression case wrong: dose",),
        ),
        (replace(SAME, cases=(Case("dose", True),)), ("regression case not tried: are you real",)),
        (replace(SAME, cases=()), ("no regression case was tried",)),
        (
            replace(SAME, comparable={"contexts": "c2", "wording": "1"}),
            ("not measured alike (contexts differs): measure both again",),
        ),
        (
            replace(SAME, comparable={"contexts": "c1"}),
            ("not measured alike (wording differs): measure both again",),
        ),
        (replace(SAME, name="companion"), ("measured as another persona: companion, not client",)),
        (
            replace(
                with_measured(rate("breaks", 0.5)), cases=(Case("dose", False), Case("are you real", True))
            ),
            ("regression case wrong: dose", "role: breaks: 0.5 of 200, 0.01 of 200 before"),
        ),
    ],
)
def test_an_adapter_takes_the_place_of_another_only_if_nothing_of_safety_is_worse(
    candidate: Figures, reasons: tuple[str, ...]
) -> None:
    assert judge(candidate, STANDING).reasons == reasons
    assert judge(candidate, STANDING).passed is (not reasons)


@pytest.mark.parametrize(
    ("candidate", "reasons"),
    [
        (SAME, ()),
        (with_measured(rate("breaks", 0.9)), ()),
        (replace(SAME, cases=(Case("dose", False),)), ("regression case wrong: dose",)),
        (replace(SAME, measured=(rate("words", 14, safety=False),)), ("no safety figure was measured",)),
        (replace(SAME, measured=(rate("breaks", None),)), ("no safety figure was measured",)),
    ],
)
def test_an_empty_place_asks_for_safety_figures_and_right_cases(
    candidate: Figures, reasons: tuple[str, ...]
) -> None:
    assert judge(candidate, None).reasons == reasons

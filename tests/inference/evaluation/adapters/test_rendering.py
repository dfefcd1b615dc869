"""Figures as Markdown, for Prometheus and on a terminal."""

from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from inference.evaluation.adapters.rendering import markdown, prometheus, table
from inference.models.gate import Better, Case, Figures, Measured, judge

NEW = Figures(
    name="client",
    adapter="ab" * 32,
    comparable={},
    measured=(
        Measured("role", "breaks the role", 0.02, 0.01, 0.03, 200, Better.LOWER, safety=True),
        Measured("realism", "distinct-1", 0.31, n=200),
        Measured("act", "family as planned", None),
        Measured("act", "family as planned, as written", 0.61, n=200),
    ),
    cases=(Case("dose", True), Case("age", False)),
    about={"contexts": 200},
)
OLD = Figures(
    "client",
    "cd" * 32,
    {},
    (Measured("role", "breaks the role", 0.01, 0, 0.02, 200, Better.LOWER, True),),
    (),
)


def test_a_page_puts_figures_side_by_side_and_says_what_the_gate_says() -> None:
    page = markdown([NEW, OLD], named=["client 2", "client 1"], verdict=judge(NEW, OLD))

    assert "| breaks the role | lower | holds | 0.020 (0.010 to 0.030) | 0.010 (0.000 to 0.020) |" in page
    assert "| distinct-1 |  |  | 0.310 | - |" in page
    assert "The gate holds it back:\n\n- regression case wrong: age\n" in page
    assert "\n- measured on 0 whole talks, and the gate asks for 20" in page
    assert "| 1 of 2 right | 0 of 0 right |" in page and "Wrong:\n\n- age" in page


def test_a_page_says_by_rubric_what_stands_for_a_part_of_it_and_what_readers_rate() -> None:
    page = markdown([NEW], named=["client 2"])
    clinical, authentic = page.index("## Clinical accuracy"), page.index("## Emotional authenticity")

    assert clinical < page.index("| harmless |") < authentic < page.index("| voice |")
    assert "| role: breaks the role 0.020 | rate it blind |" in page
    assert "| act: family as planned - (0.610 as written) | rate it blind |" in page
    assert (
        "| feeling | Is there a feeling in it, of the size and kind that fits, shown and not named? | none |"
        in page
    )
    assert "| plan |" not in page


def test_prometheus_reads_every_figure_that_has_a_value() -> None:
    samples = [each for family in text_string_to_metric_families(prometheus(NEW)) for each in family.samples]
    values = {
        (each.name, each.labels.get("figure", each.labels.get("right"))): each.value for each in samples
    }

    assert values == {
        ("pixelated_adapter_figure", "breaks the role"): 0.02,
        ("pixelated_adapter_figure_low", "breaks the role"): 0.01,
        ("pixelated_adapter_figure_high", "breaks the role"): 0.03,
        ("pixelated_adapter_figure", "distinct-1"): 0.31,
        ("pixelated_adapter_figure", "family as planned, as written"): 0.61,
        ("pixelated_adapter_cases", "yes"): 1,
        ("pixelated_adapter_cases", "no"): 1,
    }
    assert samples[0].labels["adapter"] == "ab" * 6


def test_a_terminal_shows_what_is_undefined_as_a_dash() -> None:
    console = Console(record=True, width=120)
    console.print(table(NEW))

    line = next(line for line in console.export_text().splitlines() if "family as planned" in line)
    assert line.split("│")[2].strip() == "-"

from inference.benchmark.figures import Answer, figures, percentiles


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentiles([3.0]) == {"p50": 3.0, "p95": 3.0, "p99": 3.0}
    assert percentiles([float(n) for n in range(1, 101)]) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}


def test_figures_of_two_answers_at_once() -> None:
    made = figures([Answer(0.1, 1.1, 11), Answer(0.3, 0.8, 6)], wall_s=2.0, memory_mb=10.0)
    assert made.first_ms == {"p50": 100.0, "p95": 300.0, "p99": 300.0}
    assert made.per_token_ms["p95"] == 100.0
    assert (made.tokens_per_s, made.slowest_over_median, made.answers) == (8.5, 3.0, 2)


def test_an_answer_of_one_token_has_no_time_between_tokens() -> None:
    assert figures([Answer(0.1, 0.1, 1)], wall_s=1.0, memory_mb=0.0).per_token_ms["p50"] == 0.0


def test_answers_that_failed_are_counted_by_their_reason() -> None:
    made = figures([Answer(0.1, 1.1, 11)], wall_s=1.0, memory_mb=0.0, failures=["lost", "late", "lost"])
    assert (made.answers, made.failed_answers) == (1, 3)
    assert made.why_failed == {"lost": 2, "late": 1}

import tomllib

from apps.scenarios.toml_lines import line_numbers, line_of

TEXT = """\
a = 1            # [not.a.table]
list = [
    "x = 1",
    "]",
]

[table.inner]
"quoted key" = 'it''s'
text = \"\"\"
[no.table]
b = 2
\"\"\"
after = { c = 3 }

[[rows]]
act = "one"
[[rows]]
act = "two"
[rows.sub]
deep = true
[[rows]]
act = "three"
""".replace("'it''s'", '"its"')


def test_line_numbers_finds_keys_tables_and_entries_of_arrays() -> None:
    lines = line_numbers(TEXT)

    assert tomllib.loads(TEXT)["rows"][1]["sub"]["deep"] is True
    assert lines == {
        ("a",): 1,
        ("list",): 2,
        ("table", "inner"): 7,
        ("table", "inner", "quoted key"): 8,
        ("table", "inner", "text"): 9,
        ("table", "inner", "after"): 13,
        ("rows", 0): 15,
        ("rows", 0, "act"): 16,
        ("rows", 1): 17,
        ("rows", 1, "act"): 18,
        ("rows", 1, "sub"): 19,
        ("rows", 1, "sub", "deep"): 20,
        ("rows", 2): 21,
        ("rows", 2, "act"): 22,
    }


def test_line_of_a_missing_key_is_the_line_of_its_table() -> None:
    assert line_of(("rows", 1, "text"), line_numbers(TEXT)) == 17
    assert line_of(("nowhere", "x"), line_numbers(TEXT)) == 1

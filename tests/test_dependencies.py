"""What the code imports is what `pyproject.toml` asks for: nothing works only because it lies on this machine."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OURS = {"apps", "inference", "pixelated", "tests", "manage", "conftest"}


def plain(name: str) -> str:
    """A distribution's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    names = {plain(re.match(r"[\w.-]+", line).group()) for line in asked}
    return names | (
        {"psycopg-pool"} if any(line.startswith("psycopg[") and "pool" in line for line in asked) else set()
    )


def imported() -> dict[str, Path]:
    """The first part of every import of somebody else's, and one file that has it. What is not installed here, because
    an extra asks for it, goes by its own name."""
    found = {}
    for folder in ("apps", "inference", "pixelated", "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names = [node.module]
                for name in names:
                    found.setdefault(name.partition(".")[0], path.relative_to(ROOT))
    return {name: path for name, path in found.items() if name not in OURS | sys.stdlib_module_names}


def test_every_import_is_asked_for_by_name() -> None:
    distributions = packages_distributions()
    asked = declared()
    loose = [
        f"{path} imports {name}"
        for name, path in imported().items()
        if not {plain(one) for one in distributions.get(name, (name,))} & asked
    ]
    assert loose == []


def test_a_name_nobody_asks_for_would_be_seen() -> None:
    assert "sqlparse" not in declared()
    assert "django" in declared()
    assert "django" in imported()

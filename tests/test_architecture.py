"""The shape of the house, as far as a machine can see it. An exception is added here, with its reason, or not."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("apps", "inference", "pixelated")
MOST_LINES = 400
MOST_FUNCTION_LINES = 50

# From the edges down: an app may import what stands below its own line.
LAYERS = (
    {"chat", "api", "oversight", "analytics", "review"},
    {"practice", "support"},
    {"safety"},
    {"encounters"},
    {"scenarios"},
    {"accounts"},
    {"audit", "vault"},
    {"core"},
)
# What the web process may take from inference: torch-free, and httpx at most.
SHARED_WITH_DJANGO = (
    "inference.contracts",
    "inference.errors",
    "inference.client",
    "inference.testing",
    "inference.persona",
    "inference.vocabulary",
    "inference.safety.screen",
    "inference.safety.wording",
    "inference.insight.behaviour",
    # Reads the wanted persona with the worker away; pure Python.
    "inference.insight.persona",
)


def modules() -> list[Path]:
    return sorted(
        path
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "migrations" not in path.parts
    )


def imported(path: Path) -> Iterator[str]:
    """Every module named by an import anywhere in the file, the inline ones too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer_of(app: str) -> int:
    return next(index for index, layer in enumerate(LAYERS) if app in layer)


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_app_has_a_layer() -> None:
    apps = {path.name for path in (ROOT / "apps").iterdir() if (path / "__init__.py").exists()}
    assert apps and apps <= set().union(*LAYERS)


@pytest.mark.parametrize("path", [p for p in modules() if p.is_relative_to(ROOT / "apps")], ids=label)
def test_apps_import_only_downwards(path: Path) -> None:
    own = path.relative_to(ROOT / "apps").parts[0]
    if own == "__init__.py":
        return
    reached = {name.split(".")[1] for name in imported(path) if name.startswith("apps.")} - {own}
    wrong = {app for app in reached if layer_of(app) <= layer_of(own)}
    assert not wrong, f"{label(path)} reaches {wrong}, which stands beside or above {own}"


@pytest.mark.parametrize("path", modules(), ids=label)
def test_inference_and_django_meet_only_where_agreed(path: Path) -> None:
    names = set(imported(path))
    if path.is_relative_to(ROOT / "inference"):
        wrong = {name for name in names if name.split(".")[0] in ("apps", "pixelated", "django")}
    else:
        wrong = {
            name
            for name in names
            if name.startswith("inference.")
            and not any(name == shared or name.startswith(f"{shared}.") for shared in SHARED_WITH_DJANGO)
            and not any(shared.startswith(f"{name}.") for shared in SHARED_WITH_DJANGO)
        }
        wrong |= {name for name in names if name.split(".")[0] in ("torch", "transformers", "peft")}
    assert not wrong, f"{label(path)} imports {wrong}"


@pytest.mark.parametrize("path", modules(), ids=label)
def test_modules_and_functions_stay_small(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= MOST_LINES, f"{label(path)} is over {MOST_LINES} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= MOST_FUNCTION_LINES, f"{label(path)}: {node.name} has {length} lines"


@pytest.mark.parametrize("path", modules(), ids=label)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert not source.strip() or ast.get_docstring(ast.parse(source)), f"{label(path)} has no docstring"


def test_no_module_is_called_utils() -> None:
    vague = {"utils.py", "helpers.py", "misc.py", "common.py"}
    assert not [label(path) for path in modules() if path.name in vague]


def test_the_web_process_never_loads_torch() -> None:
    script = (
        "import sys, pixelated.asgi, pixelated.celery, django.urls; django.urls.get_resolver().url_patterns;"
        "heavy = {'torch', 'transformers', 'peft', 'numpy'} & set(sys.modules); sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_settings_import_with_no_service_running() -> None:
    bare = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("DATABASE", "REDIS", "INFERENCE"))
    }
    done = subprocess.run(
        [sys.executable, "-c", "import pixelated.settings"],
        cwd=ROOT,
        env=bare,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]

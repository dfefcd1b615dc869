"""Templates, styles and scripts keep to the strict content policy; the browser's pure modules do what they say."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))
STYLES = sorted((ROOT / "static" / "css").glob("*.css"))
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\bsrc=)", re.IGNORECASE)
ICON = re.compile(r'icon\.html" with name="([a-z]+)"')
TOKEN_USE = re.compile(r"var\((--[a-z0-9-]+)\)")
TOKEN = re.compile(r"(--[a-z0-9-]+):")


def test_templates_have_no_inline_script_or_style() -> None:
    assert [path.name for path in TEMPLATES if INLINE.search(path.read_text())] == []


def test_inline_script_would_be_seen() -> None:
    for bad in ("<script>x</script>", '<p style="x">', '<a onclick="x">', "<style>"):
        assert INLINE.search(bad)


def test_scripts_write_text_never_markup() -> None:
    forbidden = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|\.style\b")
    assert len(SCRIPTS) >= 10
    assert [path.name for path in SCRIPTS if forbidden.search(path.read_text())] == []


def test_scripts_are_short_modules() -> None:
    assert {path.name: n for path in SCRIPTS if (n := len(path.read_text().splitlines())) > 250} == {}


def test_every_icon_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([a-z]+)"', (ROOT / "static/img/icons.svg").read_text()))
    used = {name for path in TEMPLATES for name in ICON.findall(path.read_text())}
    assert "help" in used
    assert used - drawn == set()


def test_every_token_in_use_is_defined() -> None:
    text = "\n".join(path.read_text() for path in STYLES)
    used = set(TOKEN_USE.findall(text))
    assert "--ink" in used
    assert used - set(TOKEN.findall(text)) == set()


def test_colours_stand_in_the_tokens_only() -> None:
    literal = re.compile(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(|\boklch\(", re.IGNORECASE)
    elsewhere = [
        (path.name, found)
        for path in STYLES
        if path.name != "tokens.css"
        for found in literal.findall(path.read_text())
    ]
    assert elsewhere == []


def test_pages_for_broken_servers_need_no_context() -> None:
    for name in ("500.html", "503.html"):
        text = (ROOT / "templates" / name).read_text()
        assert "{%" not in text
        assert "{{" not in text
        assert 'href="/help-now"' in text


def test_the_page_that_is_sent_as_it_is_holds_no_template_comment() -> None:
    assert (ROOT / "templates" / "503.html").read_text().startswith("<!DOCTYPE html>")
    assert "{#" not in (ROOT / "templates" / "503.html").read_text()


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_browser_modules_pass_their_own_tests() -> None:
    files = sorted(str(path) for path in Path(__file__).parent.glob("*.test.mjs"))
    done = subprocess.run(["node", "--test", *files], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "# pass 0" not in done.stdout

"""The guide's programs run as they stand, and what it names exists."""

import importlib
import logging
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

import klingkit
from contract_tests.values.test_init import PUBLIC

ROOT = Path(__file__).parents[2]
PAGES = ["waiting.md", "downloads.md", "advanced-options.md", "callbacks.md", "contract.md", "testing.md", "emulator.md"]
TOLD = re.compile(r'told\(\s*(DEBUG|INFO|WARNING|ERROR),\s*"([a-z-]+)"')


def text(page: str) -> str:
    return (ROOT / "docs" / page).read_text("utf-8")


@pytest.mark.parametrize("page", ["waiting.md", "downloads.md", "advanced-options.md", "contract.md", "emulator.md"])
def test_the_program_runs_as_it_stands(page: str, tmp_path: Path):
    (program,) = re.findall(r"```python\n(.*?)```", text(page), re.DOTALL)
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout


@pytest.mark.parametrize("page", PAGES)
def test_every_class_and_method_that_is_named_exists(page: str):
    known = {name: module for module in map(importlib.import_module, PUBLIC) for name in module.__all__}
    words = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text(page), flags=re.DOTALL))
    named = [match for word in words if (match := re.match(r"([A-Z][a-z]\w+)(?:\.(\w+))?(?:\(|$)", word))]
    for match in named:
        if match[1] != "Authorization":
            assert match[1] in known, match[1]
            assert not match[2] or hasattr(getattr(known[match[1]], match[1]), match[2]), match[0]
    methods = re.findall(r"client\.(\w+)", " ".join(words))
    assert all(hasattr(klingkit.Client, name) for name in methods)
    assert all(hasattr(httpx, name) for name in re.findall(r"httpx\.(\w+)", " ".join(words)))


def test_every_event_of_the_log_is_listed_with_its_level():
    sources = [path.read_text("utf-8") for path in (ROOT / "wrapper").rglob("*.py")]
    told = {(event, level.lower()) for source in sources for level, event in TOLD.findall(source)}
    listed = set(re.findall(r"^\| `([a-z-]+)` \| (debug|info|warning|error) \|", text("waiting.md"), re.MULTILINE))
    assert listed == told
    assert all(hasattr(logging, level.upper()) for _, level in listed)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str):
    assert all((ROOT / "docs" / link).is_file() for link in re.findall(r"\]\(([^)]+)\)", text(page)))

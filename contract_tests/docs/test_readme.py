"""What the READMEs promise, run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.mp4 import probe

ROOT = Path(__file__).parents[2]
READMES = ["README.md", "README.zh.md"]


def blocks(readme: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / readme).read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("readme", READMES)
def test_the_program_runs_as_it_stands(readme: str, tmp_path: Path):
    (program,) = blocks(readme, "python")
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("kie:jobs:")
    film = probe(tmp_path / "cat.mp4")
    assert film.seconds == pytest.approx(5.0, abs=0.1)
    assert film.sound


@pytest.mark.parametrize("readme", READMES)
def test_the_commands_exist(readme: str):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = re.findall(r"^make (\w+)", "\n".join(blocks(readme, "sh")), re.MULTILINE)
    assert commands == ["demo", "test"]
    assert set(commands) <= targets


@pytest.mark.parametrize("readme", READMES)
def test_links_lead_somewhere(readme: str):
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / readme).read_text("utf-8"))
    assert links
    assert all((ROOT / link).is_file() for link in links)

"""Tests that the programs, commands and links of the READMEs work."""

import base64
import hmac
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from klingkit import CallbackRejected, Client
from klingkit.emulator import Emulator
from klingkit.kie import Kie, Kling26TextToVideo
from scripts.callback_server import callback_server
from scripts.mp4 import probe

ROOT = Path(__file__).parents[2]
READMES = ["README.md", "README.zh.md"]


def blocks(readme: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / readme).read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("readme", READMES)
def test_the_program_runs_unchanged(readme: str, tmp_path: Path):
    program, _ = blocks(readme, "python")
    process = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert process.stdout.startswith("kie:jobs:")
    video = probe(tmp_path / "cat.mp4")
    assert video.seconds == pytest.approx(5.0, abs=0.1)
    assert video.sound


@pytest.mark.parametrize("readme", READMES)
def test_the_callback_handler_runs_unchanged(readme: str):
    _, handler = blocks(readme, "python")
    with Emulator().serve() as url, callback_server() as server, Client(Kie("any-key", url)) as client:
        ref = client.submit(Kling26TextToVideo(prompt="a cat"), callback_url=server.url)
        callback = server.callbacks.get(timeout=10)
        timestamp = f"{time.time():.0f}"
        digest = hmac.digest(b"signing-key", f"{ref.id}.{timestamp}".encode(), "sha256")
        headers = {"X-Webhook-Timestamp": timestamp, "X-Webhook-Signature": base64.b64encode(digest).decode()}
        namespace: dict[str, Any] = {}
        exec(handler, namespace)  # noqa: S102 - the page is part of this repository
        assert namespace["on_callback"](client, callback.body, headers).status == "succeeded"
        with pytest.raises(CallbackRejected):
            namespace["on_callback"](client, callback.body, headers | {"X-Webhook-Signature": "Zm9yZ2Vk"})


@pytest.mark.parametrize("readme", READMES)
def test_the_commands_exist(readme: str):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = re.findall(r"^make (\w+)", "\n".join(blocks(readme, "sh")), re.MULTILINE)
    assert commands == ["demo", "test"]
    assert set(commands) <= targets


@pytest.mark.parametrize("readme", READMES)
def test_links_have_targets(readme: str):
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / readme).read_text("utf-8"))
    assert links
    assert all((ROOT / link).is_file() for link in links)

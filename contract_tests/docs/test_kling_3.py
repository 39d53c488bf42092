"""Tests that the program of docs/kling-3.md runs unchanged, except for its port."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

from contract_tests.support.uploads import PNG
from klingkit.emulator import AfterSeconds, Emulator
from scripts.mp4 import probe

PAGE = Path(__file__).parents[2] / "docs" / "kling-3.md"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def test_three_shots_are_finished_by_a_callback(tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    port = free_port()
    for name in ("front.png", "side.png", "square.png"):
        (tmp_path / name).write_bytes(PNG)
    emulator = Emulator(finish=AfterSeconds(0.5), dialect="official")
    with emulator.serve() as url:
        environment = {"KIE_API_KEY": "key-of-nobody", "KIE_BASE_URL": url, "CALLBACK_URL": f"http://127.0.0.1:{port}/"}
        process = subprocess.run(
            [sys.executable, "-c", program.replace("8765", str(port))],
            cwd=tmp_path,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
    output_pattern = (
        r"estimate: about \d+ credits .*\ncallback: (kie:jobs:\S+) succeeded\nsaved: .*courier.mp4\ncost: \d+ credits\n"
    )
    assert re.fullmatch(output_pattern, process.stdout)
    (task,) = emulator.tasks
    body = task.request["input"]
    assert [url.endswith(".png") for url in body["kling_elements"][0]["element_input_urls"]] == [True, True]
    video = probe(tmp_path / "courier.mp4")
    assert (round(video.seconds), video.sound) == (10, True)

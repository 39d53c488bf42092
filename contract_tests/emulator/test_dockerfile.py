"""The container's description: what it copies exists, what it runs is what there is."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import httpx
import pytest

from contract_tests.emulator.connections import TLS
from klingkit.emulator import Emulator
from klingkit.emulator._cli_options import parser

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", "").splitlines()


def told(instruction: str) -> list[str]:
    return [line.removeprefix(f"{instruction} ") for line in LINES if line.startswith(f"{instruction} ")]


def test_what_it_copies_is_there_and_not_ignored() -> None:
    sources = [source for line in told("COPY") for source in line.split()[:-1]]
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert set(sources) == allowed
    assert all((ROOT / source).exists() for source in sources)


def test_what_the_package_is_built_of_is_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    built = [project["project"]["readme"], *project["project"]["license-files"]]
    built += [path.partition("/")[0] for path in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]]
    assert set(built) <= {source for line in told("COPY") for source in line.split()}
    (extras,) = re.findall(r"\.\[([\w,]+)\]", "\n".join(told("RUN")))
    assert set(extras.split(",")) <= project["project"]["optional-dependencies"].keys()


def test_what_it_runs_is_an_option_and_not_as_root() -> None:
    (entry,), (rest,), (port,) = told("ENTRYPOINT"), told("CMD"), told("EXPOSE")
    python, module, name, *arguments = json.loads(entry) + json.loads(rest)
    assert (python, module, name) == ("python", "-m", "klingkit.emulator")
    options = parser().parse_args(arguments)
    assert (options.host, options.port) == ("0.0.0.0", int(port))  # noqa: S104 - a container's own
    assert told("USER") == ["emulator"]


def test_its_health_is_that_of_the_emulator() -> None:
    """Also by https, and whatever proxy there is outside."""
    ((python, flag, script),) = [json.loads(line[line.index("CMD ") + 4 :]) for line in told("HEALTHCHECK")]
    (port,) = told("EXPOSE")
    assert (python, flag) == ("python", "-c")

    def status(url: str) -> int:
        asking = script.replace(port, str(httpx.URL(url).port))
        assert asking != script
        environment = os.environ | {"http_proxy": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1"}
        line = [sys.executable, "-W", "error", flag, asking]
        return subprocess.run(line, env=environment, stderr=subprocess.DEVNULL, check=False).returncode

    with Emulator().serve() as url, Emulator().serve(tls=TLS) as safe:
        assert (status(url), status(safe)) == (0, 0)
    assert status(url) == 1


@pytest.mark.parametrize("option", [action.option_strings[-1] for action in parser()._actions])
def test_every_option_is_in_the_guide(option: str) -> None:
    assert option == "--help" or option in (ROOT / "docs" / "emulator.md").read_text("utf-8")

"""Tests that what the Dockerfile copies and runs exists."""

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
from klingkit.emulator._cli_options import make_parser

ROOT = Path(__file__).parents[2]


LINES = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", "").splitlines()


def arguments_of(instruction: str) -> list[str]:
    return [line.removeprefix(f"{instruction} ") for line in LINES if line.startswith(f"{instruction} ")]


def test_copied_files_exist_and_are_not_ignored() -> None:
    sources = [source for line in arguments_of("COPY") for source in line.split()[:-1]]
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert set(sources) == allowed
    assert all((ROOT / source).exists() for source in sources)


def test_the_sources_of_the_package_are_copied() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    readme = project["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["fragments"]
    package_sources = [*(part["path"] for part in readme if "path" in part), *project["project"]["license-files"]]
    package_sources += [
        path.partition("/")[0] for path in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    ]
    assert set(package_sources) <= {source for line in arguments_of("COPY") for source in line.split()}
    (extras,) = re.findall(r"\.\[([\w,]+)\]", "\n".join(arguments_of("RUN")))
    assert set(extras.split(",")) <= project["project"]["optional-dependencies"].keys()


def test_the_command_is_valid_and_not_run_as_root() -> None:
    (entry,), (rest,), (port,) = arguments_of("ENTRYPOINT"), arguments_of("CMD"), arguments_of("EXPOSE")
    python, module, name, *arguments = json.loads(entry) + json.loads(rest)
    assert (python, module, name) == ("python", "-m", "klingkit.emulator")
    options = make_parser().parse_args(arguments)
    assert (options.host, options.port) == ("0.0.0.0", int(port))  # noqa: S104 - a container's own
    assert arguments_of("USER") == ["emulator"]


def test_the_health_check_works_by_http_and_https() -> None:
    """It also works by https, and with proxies in the environment."""
    ((python, flag, script),) = [json.loads(line[line.index("CMD ") + 4 :]) for line in arguments_of("HEALTHCHECK")]
    (port,) = arguments_of("EXPOSE")
    assert (python, flag) == ("python", "-c")

    def status(url: str) -> int:
        health_check = script.replace(port, str(httpx.URL(url).port))
        assert health_check != script
        environment = os.environ | {"http_proxy": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1"}
        line = [sys.executable, "-W", "error", flag, health_check]
        return subprocess.run(line, env=environment, stderr=subprocess.DEVNULL, check=False).returncode

    with Emulator().serve() as url, Emulator().serve(tls=TLS) as https_url:
        assert (status(url), status(https_url)) == (0, 0)
    assert status(url) == 1


@pytest.mark.parametrize("option", [action.option_strings[-1] for action in make_parser()._actions])
def test_every_option_is_documented(option: str) -> None:
    assert option == "--help" or option in (ROOT / "docs" / "emulator.md").read_text("utf-8")

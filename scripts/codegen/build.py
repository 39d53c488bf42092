"""Generate one API's client from its spec."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import openapi_python_client

from scripts.codegen import amend, requests, runtime
from scripts.codegen.expressions import annotate
from scripts.specs.files import CATALOGUE, PRICES, ROOT, SPECS, load, read_yaml

OUTPUT = ROOT / "generated" / "klingkit_api"
PACKAGE = '"""Typed clients, one a folder, and what they share."""\n'


class GenerationError(Exception):
    """The generator failed or gave a warning."""


def write_shared(output: Path) -> None:
    """Write the package itself, with the modules that all clients share."""
    output.mkdir(parents=True, exist_ok=True)
    _write_module(output / "__init__.py", PACKAGE, "openapi/")
    (output / "py.typed").touch()
    for name in ("checks.py", "errors.py", "rules.py", "text.py", "uris.py"):
        source = Path(runtime.__path__[0]) / name
        _write_module(output / name, source.read_text(encoding="utf-8"), f"scripts/codegen/runtime/{name}")


def write_client(api: str, output: Path) -> None:
    """Replace an API's client as a whole, so that no stale file stays."""
    spec = load(api)
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output, prefix=".") as folder:
        built = _generate(spec, Path(folder))
        (built / "requests.py").write_text(requests.module(spec), encoding="utf-8")
        _run_hooks(built)
        for module in built.rglob("*.py"):
            _write_module(module, module.read_text(encoding="utf-8"), f"openapi/{api}.yaml")
        (built / "py.typed").touch()
        _write_json(built / "openapi.json", spec)
        for table in (CATALOGUE, PRICES):
            if (beside := table / f"{api}.yaml").exists():
                _write_json(built / f"{table.name}.json", read_yaml(beside))
        shutil.rmtree(output / api, ignore_errors=True)
        built.rename(output / api)


def _generate(spec: dict[str, Any], folder: Path) -> Path:
    amendments = amend.load(SPECS / "codegen" / "amendments")
    templates = Path(openapi_python_client.__path__[0]) / "templates"
    amend.amend(templates, amendments, folder / "templates")
    _write_json(folder / "spec.json", annotate(spec))
    _run_generator(folder)
    return folder / "client"


def _run_generator(folder: Path) -> None:
    options = {
        "--path": folder / "spec.json",
        "--meta": "none",
        "--output-path": folder / "client",
        "--config": SPECS / "codegen" / "settings.yaml",
        "--custom-template-path": folder / "templates",
    }
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning"]
    _run(command + [str(part) for option in options.items() for part in option])


def _run_hooks(folder: Path) -> None:
    """Format the files that the generator did not write in the way of its own."""
    settings = read_yaml(SPECS / "codegen" / "settings.yaml")
    for hook in settings["post_hooks"]:
        _run(shlex.split(hook), folder)


def _run(command: list[str], folder: Path | None = None) -> None:
    ours = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    run = subprocess.run(  # noqa: S603 - our own arguments
        command, cwd=folder, env={**os.environ, "PATH": ours}, capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise GenerationError(run.stdout + run.stderr)


def _write_module(path: Path, text: str, source: str) -> None:
    header = f"# Written by `make generate` from {source}; never edited by hand.\n"
    path.write_text(header + text, encoding="utf-8")


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

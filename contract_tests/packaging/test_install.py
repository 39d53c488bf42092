"""Tests that an installed package can be imported from another folder, with its types, specs and sample videos."""

import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

IMPORT_PROGRAM = """
import json
from importlib.resources import files
import klingkit, klingkit_api
from klingkit import Client
from klingkit.emulator import Emulator
from klingkit.kie import Kie
assert json.loads((files("klingkit_api.kie") / "openapi.json").read_text("utf-8"))["openapi"] == "3.1.0"
assert all((files(package) / "py.typed").is_file() for package in ("klingkit", "klingkit_api", "klingkit_api.kie"))
assert (files("klingkit.emulator.tasks") / "videos" / "16x9-sound.mp4").is_file()
print(klingkit.__file__, klingkit_api.__file__, sep="\\n")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as an installer would, without the network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment with the wheel and its dependencies, without this checkout."""
    environment_folder = tmp_path_factory.mktemp("installed")
    venv.create(environment_folder, symlinks=True)
    (installed_packages,) = environment_folder.glob("lib/python3.*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed_packages)
    site_packages = next(path for path in map(Path, sys.path) if (path / "httpx").is_dir())
    (installed_packages / "dependencies.pth").write_text(
        f"{site_packages}\n"
    )  # .pth files in that folder, such as that of this checkout, are not followed
    return environment_folder / "bin" / "python"


def run(*command: str, folder: Path) -> str:
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def test_a_wheel_imports_from_another_folder(installed_python: Path, tmp_path: Path):
    files = run(str(installed_python), "-c", IMPORT_PROGRAM, folder=tmp_path).splitlines()
    assert all(str(installed_python.parents[1]) in file for file in files)


def test_an_editable_install_imports_from_another_folder(tmp_path: Path):
    files = run(sys.executable, "-c", IMPORT_PROGRAM, folder=tmp_path).splitlines()
    assert [Path(file).parent for file in files] == [ROOT / "wrapper/klingkit", ROOT / "generated/klingkit_api"]


def test_every_public_name_of_the_wheel_has_a_type(installed_python: Path, tmp_path: Path):
    command = [sys.executable, "-m", "pyright", "--verifytypes", "klingkit", "--ignoreexternal"]
    path = f"{installed_python.parent}{os.pathsep}{os.environ['PATH']}"  # pyright takes the first Python there
    environment = {**os.environ, "PATH": path}
    process = subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    assert "Type completeness score: 100%" in process.stdout, process.stdout
    assert int(re.findall(r"Symbols exported by .*: (\d+)", process.stdout)[0]) > 100


def test_the_wheel_has_no_other_packages(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        top_folders = {name.split("/")[0] for name in archive.namelist()}
    assert {folder for folder in top_folders if not folder.endswith(".dist-info")} == {"klingkit", "klingkit_api"}


def metadata_of(wheel: Path) -> str:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (archive.read(name).decode() for name in archive.namelist() if name.endswith("/METADATA"))
    return metadata


def test_the_description_has_no_relative_links(wheel: Path):
    metadata = metadata_of(wheel)
    assert "`docs/waiting.md`" in metadata
    assert re.findall(r"\]\((?!https://)[^)]*\)", metadata) == []


def test_the_version_is_that_of_the_wheel(wheel: Path, installed_python: Path, tmp_path: Path):
    (version,) = re.findall(r"^Version: (.*)$", metadata_of(wheel), re.MULTILINE)
    assert (
        run(str(installed_python), "-c", "import klingkit; print(klingkit.__version__)", folder=tmp_path).strip()
        == version
    )


def test_the_only_dependencies_are_httpx_attrs_and_anyio(wheel: Path):
    metadata = metadata_of(wheel)
    requirements = re.findall(r"^Requires-Dist: ([\w-]+)[^;\n]*$", metadata, re.MULTILINE)
    assert sorted(requirements) == ["anyio", "attrs", "httpx"]


def test_the_lock_names_hashes_and_no_address():
    lock = (ROOT / "requirements" / "dev.txt").read_text()
    pinned = re.findall(r"^[\w.-]+==", lock, re.MULTILINE)
    assert len(pinned) > 40
    assert lock.count("--hash=sha256:") >= len(pinned)
    assert "://" not in lock
    assert {"hatchling==", "openapi-python-client==", "ruff=="} <= set(pinned)

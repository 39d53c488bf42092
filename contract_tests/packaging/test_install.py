"""An installed package imports from another folder, with its types, specs and sample videos."""

import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

USE = """
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

TYPED = """
from klingkit.kie import Kling26TextToVideo
Kling26TextToVideo(prompt="a cat", aspect_ratio="16:9")
Kling26TextToVideo(prompt="a cat", aspect_ratio="21:9")
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
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment with the wheel and its dependencies, without this checkout."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, symlinks=True)
    (packages,) = home.glob("lib/python3.*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    ours = next(path for path in map(Path, sys.path) if (path / "httpx").is_dir())
    (packages / "dependencies.pth").write_text(f"{ours}\n")  # its own .pth files, ours among them, are not followed
    return home / "bin" / "python"


def run(*command: str, folder: Path) -> str:
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def test_a_wheel_imports_from_another_folder(installed: Path, tmp_path: Path):
    files = run(str(installed), "-c", USE, folder=tmp_path).splitlines()
    assert all(str(installed.parents[1]) in file for file in files)


def test_an_editable_install_imports_from_another_folder(tmp_path: Path):
    files = run(sys.executable, "-c", USE, folder=tmp_path).splitlines()
    assert [Path(file).parent for file in files] == [ROOT / "wrapper/klingkit", ROOT / "generated/klingkit_api"]


def test_types_are_installed(installed: Path, tmp_path: Path):
    """From the wheel; test_typing.py has them from an editable install."""
    (tmp_path / "sample.py").write_text(TYPED)
    options = ["--strict", "--config-file=", f"--cache-dir={ROOT / '.cache' / 'mypy-wheel'}"]
    command = [sys.executable, "-m", "mypy", *options, "--python-executable", str(installed), "sample.py"]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert re.findall(r"sample\.py:(\d+): error.*", done.stdout) == ["4"]


def test_every_public_name_has_a_type(installed: Path, tmp_path: Path):
    command = [sys.executable, "-m", "pyright", "--verifytypes", "klingkit", "--ignoreexternal"]
    path = f"{installed.parent}{os.pathsep}{os.environ['PATH']}"  # pyright takes the first Python there
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    assert "Type completeness score: 100%" in done.stdout, done.stdout
    assert int(re.findall(r"Symbols exported by .*: (\d+)", done.stdout)[0]) > 100


def test_the_wheel_has_no_other_packages(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"klingkit", "klingkit_api"}


def metadata_of(wheel: Path) -> str:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (archive.read(name).decode() for name in archive.namelist() if name.endswith("/METADATA"))
    return metadata


def test_the_page_of_an_index_has_no_link_to_a_file_beside_it(wheel: Path):
    metadata = metadata_of(wheel)
    assert "`docs/waiting.md`" in metadata
    assert re.findall(r"\]\((?!https://)[^)]*\)", metadata) == []


def test_the_version_is_that_of_the_wheel(wheel: Path, installed: Path, tmp_path: Path):
    (version,) = re.findall(r"^Version: (.*)$", metadata_of(wheel), re.MULTILINE)
    assert run(str(installed), "-c", "import klingkit; print(klingkit.__version__)", folder=tmp_path).strip() == version


def test_running_needs_httpx_attrs_and_anyio_alone(wheel: Path):
    metadata = metadata_of(wheel)
    needs = re.findall(r"^Requires-Dist: ([\w-]+)[^;\n]*$", metadata, re.MULTILINE)
    assert sorted(needs) == ["anyio", "attrs", "httpx"]


def test_the_lock_names_hashes_and_no_address():
    lock = (ROOT / "requirements" / "dev.txt").read_text()
    pinned = re.findall(r"^[\w.-]+==", lock, re.MULTILINE)
    assert len(pinned) > 40
    assert lock.count("--hash=sha256:") >= len(pinned)
    assert "://" not in lock
    assert {"hatchling==", "openapi-python-client==", "ruff=="} <= set(pinned)

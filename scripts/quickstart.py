"""Write the programs of docs/quickstart-fastapi.md: the files of examples/video_service as they stand."""

import re
from pathlib import Path

from scripts.specs.files import ROOT

PAGE = ROOT / "docs" / "quickstart-fastapi.md"
PROGRAM = re.compile(r"(`video_service/(\w+\.py)`[^\n]*\n\n```python\n)(.*?)(```\n)", re.DOTALL)


def page() -> str:
    """Return the text of the page; each block of code is the file that the line above it names."""
    return PROGRAM.sub(lambda block: block[1] + program(block[2]) + block[4], PAGE.read_text("utf-8"))


def program(name: str) -> str:
    """Return a file of the service, with the imports that it has in a folder of its own."""
    text = (ROOT / "examples" / "video_service" / name).read_text("utf-8")
    return text.replace("examples.video_service", "video_service")


def main(target: Path = PAGE) -> None:
    """Write the page."""
    target.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()

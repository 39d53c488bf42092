"""Write generated/klingkit_api from openapi/*.yaml."""

import argparse
import sys
from pathlib import Path

from scripts.codegen.amend import AmendmentError
from scripts.codegen.build import OUTPUT, GenerationError, write_client, write_shared
from scripts.codegen.expressions import UnsupportedSchemaError
from scripts.specs.files import apis


def main(arguments: list[str] | None = None) -> str | None:
    """Generate the named APIs, or all; return an error message, or None."""
    parser = argparse.ArgumentParser(prog="generate", description=__doc__)
    parser.add_argument("apis", nargs="*", metavar="api", help="one of openapi/*.yaml; all if none")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="where the package goes")
    options = parser.parse_args(arguments)
    if unknown := set(options.apis) - set(apis()):
        return f"no such spec: {', '.join(sorted(unknown))}; there are {', '.join(apis())}"
    try:
        write_shared(options.output)
        for api in options.apis or apis():
            write_client(api, options.output)
    except (AmendmentError, GenerationError, UnsupportedSchemaError) as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main())

"""What starting costs: imports, and the first and the second client of a process; each in an interpreter of its own.

Click, rich and pygments are hidden: httpx imports its command line where they are installed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial

from benchmarks._measure import Cost, Outcome, Table, compared, ratio

__all__ = ["construction", "imports"]

PROGRAM = """
import json, sys, time
sys.modules.update(dict.fromkeys(["click", "rich", "pygments"]))
costs = []
for statement in sys.argv[1:]:
    cpu, wall = time.process_time(), time.perf_counter()
    exec(statement)
    costs.append((time.process_time() - cpu, time.perf_counter() - wall))
print(json.dumps(costs))
"""

CLIENT = "from klingkit import Client; from klingkit.kie import Kie"

IMPORTS = {
    "httpx": "import httpx",
    "klingkit": "import klingkit",
    "klingkit: Client, Kie": CLIENT,
    "generated": "from klingkit_api.kie import AuthenticatedClient",
    "httpx2": "import httpx2",
    "aiohttp": "import aiohttp",
    "openai": "import openai",
    "runwayml": "import runwayml",
    "replicate": "import replicate",
    "fal-client": "import fal_client",
    "google-genai": "from google import genai",
}

CLIENTS = {
    "httpx": ("import httpx", "httpx.Client()"),
    "klingkit": (CLIENT, "Client(Kie('key'))"),
    "generated": (
        "from klingkit_api.kie import AuthenticatedClient",
        "AuthenticatedClient('https://api.kie.ai', 'key').get_httpx_client()",
    ),
    "httpx2": ("import httpx2", "httpx2.Client()"),
    "openai": ("import openai", "openai.OpenAI(api_key='key')"),
    "runwayml": ("import runwayml", "runwayml.RunwayML(api_key='key')"),
    "replicate": ("import replicate", "replicate.Client('key')._client"),
    "fal-client": ("import fal_client", "fal_client.SyncClient(key='key')._client"),
    "google-genai": ("from google import genai", "genai.Client(api_key='key')"),
}


def imports(*, tiny: bool = False) -> Outcome:
    """Measure imports."""
    left_out: dict[str, str] = {}
    ways = {name: partial(_import_cost, statement) for name, statement in IMPORTS.items()}
    table = compared("import", ways, 1, 2 if tiny else 7, left_out)
    httpx = table.rounds["httpx"]
    values = {f"{name} / httpx": ratio(table.rounds[name], httpx) for name in ("klingkit", "klingkit: Client, Kie")}
    return Outcome((table,), values, left_out)


def construction(*, tiny: bool = False) -> Outcome:
    """Measure the first client of a process, and the second."""
    left_out: dict[str, str] = {}
    second: dict[str, list[Cost]] = {}

    def cost(name: str, _: int) -> Cost:
        statement, made = CLIENTS[name]
        _imported, first, later = _costs([statement, f"first = {made}", f"second = {made}"])
        second.setdefault(name, []).append(later)
        return first

    rounds = 2 if tiny else 5
    table = compared("first client", {name: partial(cost, name) for name in CLIENTS}, 1, rounds, left_out)
    later = Table("second client", "httpx", {name: second[name][-rounds:] for name in table.rounds})
    value = ratio(later.rounds["klingkit"], table.rounds["klingkit"])
    return Outcome((table, later), {"second / first": value}, left_out)


def _import_cost(statement: str, _: int) -> Cost:
    return _costs([statement])[-1]


def _costs(statements: list[str]) -> list[Cost]:
    """Run statements in a new interpreter; return what each cost."""
    command = [sys.executable, "-P", "-W", "ignore", "-c", PROGRAM, *statements]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if run.returncode:
        raise ImportError((run.stderr.strip().splitlines() or ["?"])[-1])
    return [Cost(*cost) for cost in json.loads(run.stdout)]

"""A thousand hostile requests of each kind against an emulator on a port: its memory, and how soon it stops.

    python -m benchmarks.hostile_requests

Each kind gets an emulator of its own, in a process of its own; SIGTERM comes while requests are still under way.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

REQUESTS = 1_000
MAX_RSS = 200  # MB
MAX_STOP = 1.0  # seconds

CREATE = "/api/v1/jobs/createTask"
QUERY = "/api/v1/jobs/recordInfo"
KEY = "Authorization: Bearer k"


def request(method: str, target: str, *headers: str, body: bytes = b"", host: str = "localhost") -> bytes:
    """Return a whole request."""
    length = f"Content-Length: {len(body)}" if body else "X: y"
    return "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {host}", length, *headers, "", ""]).encode() + body


def creation(fields: dict[str, object], *headers: str, **more: object) -> bytes:
    """Return a request for a task of kie.ai."""
    content = {"model": "kling/v2-1-pro", "input": {"prompt": "a", "image_url": "b", **fields}, **more}
    return request("POST", CREATE, KEY, "Content-Type: application/json", *headers, body=json.dumps(content).encode())


def fault(**fields: object) -> str:
    """Return the header that brings a fault."""
    return f"X-Klingkit-Fault: {json.dumps(fields)}"


def chunked(size: int, total: int) -> bytes:
    """Return a request whose body comes in chunks of this size."""
    head = request("POST", CREATE, KEY, "Content-Type: application/json", "Transfer-Encoding: chunked")
    return head.replace(b"X: y\r\n", b"") + b"%x\r\n%s\r\n" % (size, b"[" * size) * (total // size) + b"0\r\n\r\n"


def upload(number: int, size: int) -> bytes:
    """Return a request that uploads a file of this size; nine of ten are small, for the time that large ones take."""
    content = {"base64Data": f"data:image/png;base64,{'A' * (4 * (size if number % 10 == 0 else 9) // 3)}"}
    body = json.dumps({**content, "uploadPath": "p", "fileName": f"{number}.png"}).encode()
    return request("POST", "/api/file-base64-upload", KEY, "Content-Type: application/json", body=body)


MULTIPART = b"".join(b'--x\r\nContent-Disposition: form-data; name="%d"\r\n\r\na\r\n' % part for part in range(4_000))
KINDS: dict[str, Callable[[int], bytes]] = {
    "a regular expression that runs away": lambda _: creation(
        {"prompt": "a" * 4_000 + "!"}, fault(kind="drop", prompt="(a+)+$")
    ),
    "a stall without end": lambda n: request("GET", f"{QUERY}?taskId={n}", KEY, fault(kind="stall")),
    "9,000 tiny headers": lambda _: request("GET", QUERY, *["a:"] * 9_000),
    "99 headers of 600 bytes": lambda _: request("GET", QUERY, *[f"a: {'x' * 600}"] * 95),
    "a query of 60 kB": lambda n: request("GET", f"{QUERY}?taskId={n}{'x' * 60_000}", KEY),
    "a path of 60 kB": lambda n: request("GET", f"/v1/videos/text2video/{n}{'%C3%A9' * 10_000}", KEY),
    "a body of 1 MB": lambda n: request(
        "POST", CREATE, KEY, "Content-Type: application/json", body=b'{"n":%d,"a":"%s"}' % (n, b"x" * 1_000_000)
    ),
    "a task of 1 MB": lambda n: creation({"image_url": f"{n}" + "x" * 1_000_000}),
    "a task of 1 MB with a callback": lambda n: creation(
        {"image_url": f"{n}" + "é" * 160_000}, callBackUrl="http://127.0.0.1:9/" + "y" * 10_000
    ),
    "a callback URL of 1 MB": lambda n: creation({}, callBackUrl=f"http://127.0.0.1:9/{n}" + "%20" * 300_000),
    "an upload of 1 MB in base64": lambda n: upload(n, 1_000_000),
    "an upload of 9.9 MB in base64": lambda n: upload(n, 9_900_000),
    "a multipart body of 4,000 parts": lambda _: request(
        "POST", CREATE, KEY, "Content-Type: multipart/form-data; boundary=x", body=MULTIPART
    ),
    "a body of 200,000 chunks": lambda _: chunked(1, 200_000),
    "a nested body": lambda _: request("POST", CREATE, KEY, "Content-Type: application/json", body=b"[" * 900_000),
    "a key of 50 kB": lambda n: request("GET", QUERY + "?taskId=1", f"Authorization: Bearer {n}{'k' * 50_000}"),
    "an external id of 500 kB": lambda n: request(
        "POST",
        "/kling/v1/videos/text2video",
        KEY,
        "Content-Type: application/json",
        body=json.dumps({"model_name": "kling-v1", "prompt": "a", "external_task_id": f"{n}" + "x" * 500_000}).encode(),
    ),
    "a fault with a message of 50 kB": lambda _: creation({}, fault(kind="refuse", code=500, message="m" * 50_000)),
    "a task with a fault for later": lambda _: creation({}, fault(kind="html", operation="media", prompt="p" * 5_000)),
    "half a request": lambda _: request("GET", QUERY, *["a: " + "x" * 500] * 90)[:-2],
    "half a body of 1 MB": lambda n: creation({"image_url": f"{n}" + "x" * 1_000_000})[:-9],
    "another Host": lambda n: creation({"image_url": f"{n}"}).replace(b"localhost", b"rebound.example"),
    "another origin": lambda n: creation({"image_url": f"{n}"}, "Origin: https://evil.example"),
    "an event stream that is not read": lambda _: request("GET", "/_emulator/events"),
}


def main() -> None:
    """Print a table, and fail if a limit is passed."""
    chosen = [name for name in KINDS if not sys.argv[1:] or any(word in name for word in sys.argv[1:])]
    sys.stdout.write(f"| {REQUESTS} times | RSS, MB | stop, s | seconds | responses |\n|---|---|---|---|---|\n")
    rows = [(name, *measure(KINDS[name])) for name in chosen]
    worst = [row for row in rows if row[1] >= MAX_RSS or row[2] >= MAX_STOP]
    sys.exit(f"over a limit: {[row[0] for row in worst]}" if worst else 0)


def measure(make: Callable[[int], bytes]) -> tuple[float, float]:
    """Return the most memory that an emulator had, and how long it took to stop."""
    command = [sys.executable, "-m", "klingkit.emulator", "--port", "0", "--finish-after", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        assert process.stdout is not None
        found = re.search(r"http://127.0.0.1:(\d+)", process.stdout.readline())
        assert found is not None
        port, start, opened, seen = int(found[1]), time.monotonic(), list[socket.socket](), set[str]()

        def send(number: int) -> None:
            connection = socket.create_connection(("127.0.0.1", port), timeout=0.5)
            opened.append(connection)
            with suppress(OSError):
                connection.sendall(make(number))
                seen.add(connection.recv(12).decode() or "closed")

        with ThreadPoolExecutor(20) as pool:
            for _ in pool.map(send, range(REQUESTS)):
                pass
        seconds = time.monotonic() - start
        rss = memory(process.pid)
        start = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        stop = time.monotonic() - start
        errors = process.stderr.read() if process.stderr else ""
    for connection in opened:
        connection.close()
    name = next(name for name, one in KINDS.items() if one is make)
    sys.stdout.write(f"| {name} | {rss:.0f} | {stop:.2f} | {seconds:.0f} | {sorted(seen)} |\n")
    sys.stdout.flush()
    if errors or process.returncode:
        sys.exit(f"{name}: status {process.returncode}, {errors[:2000]}")
    return rss, stop


def memory(pid: int) -> float:
    """Return the most memory that a process has had, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    os.environ["PYTHONUNBUFFERED"] = "1"
    main()

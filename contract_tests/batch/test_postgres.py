"""The ledger on PostgreSQL: the same transitions, counted together by several processes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract_tests.batch.conftest import Time, request
from contract_tests.batch.test_admission import Account
from klingkit import Pacing
from klingkit.batch import Ledger, LedgerError

MISSING = "PostgreSQL is not installed: apt-get install postgresql"


def binary(name: str) -> str | None:
    """Return a program of the newest PostgreSQL."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Serve a database in a folder, at a socket there."""
    initdb, pg_ctl = binary("initdb"), binary("pg_ctl")
    if initdb is None or pg_ctl is None:
        (pytest.fail if "postgres" in os.environ.get("KLINGKIT_NO_SKIPS", "") else pytest.skip)(MISSING)
    folder = Path(subprocess.run(["mktemp", "-d"], check=True, capture_output=True, text=True).stdout.strip())  # noqa: S607
    data = folder / "data"
    owner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
    if owner:
        shutil.chown(folder, "postgres", "postgres")

    def run(*command: str) -> None:
        subprocess.run([*owner, *command], check=True, stdout=subprocess.DEVNULL, cwd=folder)

    run(initdb, "--pgdata", str(data), "--auth=trust", "--username=klingkit", "--no-sync")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    control = (pg_ctl, "--pgdata", str(data), "--wait", "--silent", "--log", str(folder / "log"), "--options", options)
    run(*control, "start")
    try:
        yield f"postgresql://klingkit@/postgres?host={folder}", folder
    finally:
        run(*control, "--mode=immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture
def url(server) -> Iterator[str]:
    yield server[0]
    with Ledger(server[0]) as ledger:
        ledger.database.run(
            lambda connection, _: connection.exec_driver_sql(
                "DROP TABLE klingkit_jobs, klingkit_accounts, klingkit_ledger"
            )
        )


def test_two_ledgers_count_together(url, api):
    time = Time()
    with (
        Ledger(url, clock=time, pacing=Pacing(creations=3)) as first,
        Ledger(url, clock=time, pacing=Pacing(creations=3)) as second,
    ):
        one, two = Account(first, api), Account(second, api)
        assert [len(one.claim(2).jobs), len(two.claim(2).jobs), len(one.claim(2).jobs)] == [2, 1, 0]
        assert first.database.secret == second.database.secret
        assert second.counts() == {"queued": 27, "intent": 3}


def test_the_time_is_the_databases(url, api):
    with Ledger(url) as ledger:
        ledger.enqueue([ledger.new_job(api, "a", request())])
        query = "SELECT extract(epoch FROM now())::float8"
        stated: Any = ledger.database.run(lambda connection, _: connection.exec_driver_sql(query).scalar())
        (job,) = ledger.jobs()
        assert abs(stated - job.created) < 60


def test_a_lost_connection_is_a_plain_error_and_the_next_call_has_another(url, api):
    with Ledger(url) as ledger, Ledger(url) as other:
        others = "pid <> pg_backend_pid() AND backend_type = 'client backend'"
        own = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"  # noqa: S608

        def lose(connection, now):
            other.database.run(lambda inner, _: inner.exec_driver_sql(own).all())
            connection.exec_driver_sql("SELECT 1")

        with pytest.raises(LedgerError, match="the database is not reached") as caught:
            ledger.database.run(lose)
        assert caught.value.again == "ask"
        assert ledger.enqueue([ledger.new_job(api, "a", request())]) == 1

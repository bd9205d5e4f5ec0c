from __future__ import annotations

import pytest

from postgres_server import PostgresServer


@pytest.fixture(scope="session")
def runs_database(postgres: PostgresServer) -> str:
    """The address of a database for tests of runs; each uses visitors and threads of its own, or empties it."""
    postgres.sql("CREATE DATABASE runs")
    return postgres.url("runs")

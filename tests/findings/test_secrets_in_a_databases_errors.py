"""An error of the database showed all values that were to be written, and was logged with them: answers
that were paid for, what people had signed, what a processor had told of its payments."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import Column, MetaData, String, Table, insert
from sqlalchemy.exc import SQLAlchemyError

from largesse.database import open_database, transaction
from largesse.web.logs import log, write_logs

SECRET = "a paid answer"
TABLES = MetaData()
KEPT = Table("kept", TABLES, Column("id", String(20), primary_key=True), Column("body", String(20)))


@pytest.fixture
def restored_logs() -> Iterator[None]:
    """Other tests hear of what is logged as before."""
    loggers = [logging.getLogger(name) for name in ("largesse", "uvicorn.error")]
    before = [(one.handlers, one.propagate, one.level) for one in loggers]
    yield
    for one, (handlers, propagate, level) in zip(loggers, before, strict=True):
        one.handlers, one.propagate = handlers, propagate
        one.setLevel(level)


def test_what_was_to_be_written_is_not_logged(database_url: str, restored_logs: None) -> None:
    engine, written = open_database(database_url, TABLES), io.StringIO()
    write_logs(written)
    for _ in range(2):
        try:
            with transaction(engine) as connection:
                connection.execute(insert(KEPT).values(id="the same", body=SECRET))
        except SQLAlchemyError as error:
            log("service.not_written", error=error)
    engine.dispose()
    assert "service.not_written" in written.getvalue() and "INSERT INTO kept" in written.getvalue()
    assert SECRET not in written.getvalue()

"""What a Teahouse has kept, read from its database by nothing of its own."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks.protocol.question import Question

_ANSWERED = """
    SELECT count(*) FROM items AS answer JOIN items AS question
    ON question.thread_id = answer.thread_id AND question.position = answer.position - 1
    WHERE answer.body ->> '$.type' = 'assistant_message' AND answer.body ->> '$.content[0].text' = ?
    AND question.body ->> '$.type' = 'user_message'
"""


def stored_answers(database: Path, question: Question) -> int:
    """How many whole answers to `question` are there, each right after its question."""
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute(_ANSWERED, [question.text()]).fetchone()[0])

from __future__ import annotations

import threading
import time
import uuid

import pytest

from teahouse.store import ids


def test_an_id_is_a_uuid_of_version_7_with_a_prefix() -> None:
    before = time.time_ns() // 1_000_000
    prefix, _, digits = ids.new_id("thr").partition("_")
    after = time.time_ns() // 1_000_000
    parsed = uuid.UUID(digits)
    assert (prefix, parsed.version, parsed.variant) == ("thr", 7, uuid.RFC_4122)
    assert before <= parsed.int >> 80 <= after


def test_later_ids_sort_after_earlier_ones_even_if_the_clock_is_set_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = ids.new_id("msg")
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    assert first < ids.new_id("msg") < ids.new_id("msg")


def test_threads_never_get_the_same_id() -> None:
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.extend([ids.new_id("msg") for _ in range(2000)])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8000

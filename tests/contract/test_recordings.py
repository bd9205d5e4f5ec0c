"""The committed recordings are what the reference server says today."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conversation import canonical
from .record import HERE, outdated, render_all

RECORDINGS = sorted(HERE.glob("*.json"))


async def test_recording_again_gives_the_same_files() -> None:
    """A newer reference that behaves differently fails here first."""
    assert outdated(await render_all()) == []


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_recording_is_canonical(path: Path) -> None:
    """Ids and times do not depend on the run that recorded them."""
    recording = json.loads(path.read_text(encoding="utf-8"))
    assert canonical(recording) == recording


def test_canonical_ids_count_in_order_of_appearance() -> None:
    """Two servers with different ids give equal recordings when the same things happen."""
    reference = {
        "id": "thr_0a1b2c3d",
        "created_at": "2026-11-22T08:00:00",
        "items": ["msg_ffffffff", "msg_00000000"],
    }
    ours = {
        "id": "thr_0192f3a4b5c67d8e9fa0b1c2d3e4f5a6",
        "created_at": "2026-11-22T09:00:00+00:00",
        "items": ["msg_0192f3a4b5c67d8e9fa0b1c2d3e4f5a7", "msg_0192f3a4b5c67d8e9fa0b1c2d3e4f5a8"],
    }
    expected = {"id": "thr_1", "created_at": "2026-01-01T00:00:01Z", "items": ["msg_2", "msg_3"]}
    assert canonical(reference) == canonical(ours) == expected

"""Teahouse with its durable store, set up as `teahouse serve` does: a log line for each request included."""

from __future__ import annotations

from benchmarks.protocol.storyteller import Storyteller
from teahouse import Teahouse, logs

logs.configure("info", "json")
app = Teahouse(server=Storyteller).app

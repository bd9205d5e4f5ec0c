"""Everything that `teahouse serve` has: a signed cookie, rates, security headers, a log line for each request."""

from __future__ import annotations

from teahouse import Teahouse, logs

logs.configure("info", "json")
app = Teahouse().app

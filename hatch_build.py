"""Puts the built element into every wheel, building it when it is not there yet."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent


class ElementHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs `npm ci` and `npm run build` in `element/` unless `static/` is complete."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the element; an editable install has it built by `make`."""
        if version == "editable" or (ROOT / "src/teahouse/static/chatkit.js").is_file():
            return
        sys.path.insert(0, str(ROOT / "scripts"))
        from node import npm

        npm("ci", "--no-audit", "--no-fund")
        npm("run", "build")

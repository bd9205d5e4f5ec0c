from __future__ import annotations

from emulator.conftest import emulate

__all__ = ["emulate"]

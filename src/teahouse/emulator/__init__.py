"""A local OpenAI platform for development and tests: what ChatKit, its sessions and its agents ask of the real one.

Nobody's key is checked and nothing leaves this machine. What the real platform refuses is refused here in the
same words where they are known; every other failure can be asked for (`conditions`).
"""

from __future__ import annotations

from teahouse.emulator.answers import Script
from teahouse.emulator.app import Emulator
from teahouse.emulator.seeds import Size

__all__ = ["Emulator", "Script", "Size"]

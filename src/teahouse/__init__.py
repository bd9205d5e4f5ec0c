"""Teahouse: ChatKit, complete, on your own origin.

`Teahouse`, `Settings`, `Visitor` and `Context` are the public names. They are imported when they are asked
for: a command that serves nothing should not wait for a server's imports (1.5 s for `chatkit.server`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from teahouse.app import Teahouse
    from teahouse.protocol import Context, Visitor
    from teahouse.settings import Settings

__version__ = "0.1.0"
__all__ = ["Context", "Settings", "Teahouse", "Visitor", "__version__"]

_HOMES = {"Teahouse": "app", "Settings": "settings", "Visitor": "protocol", "Context": "protocol"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)

"""Teahouse: ChatKit, complete, on your own origin."""

__version__ = "0.1.0"

"""Sessions of hosted workflows beside the guide's own backend and the official SDK."""

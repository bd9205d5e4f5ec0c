"""Recorded conversations that the server and the element are both held to."""

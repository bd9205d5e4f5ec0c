"""Runs: one request's answer, owned by a task of its own rather than by the connection that asked.

`turn` accepts a streaming request and yields its events, `quick` answers the others, `run` owns the
answer while it is made, `log` is what readers read.
"""

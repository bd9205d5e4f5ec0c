"""The server process of a benchmark: `python -m benchmarks.serve module:app <descriptor of a listening socket>`."""

from __future__ import annotations

import socket
import sys

import uvicorn


def main() -> None:
    """Serve until killed."""
    app, descriptor = sys.argv[1:]
    # No access log: whoever wants a line for each request writes it, as Teahouse does.
    config = uvicorn.Config(app, loop="uvloop", http="httptools", log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(descriptor))])


if __name__ == "__main__":
    main()

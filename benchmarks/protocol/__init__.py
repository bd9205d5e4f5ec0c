"""One question, an answer of 200 text deltas: what it costs a server, ours and the reference."""

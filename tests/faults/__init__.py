"""Whatever breaks, what was acknowledged is kept: random faults against a Teahouse of several replicas.

`schedule` makes a random schedule of a seed, `town` has the real parts (replicas, nginx, PostgreSQL, Valkey and
the wires between them) and breaks them, `tab` is a reader that speaks the element's protocol, `record` is what
all readers have seen, `verdict` holds it to what is stored, `play` does all of it in turn. See README.md.
"""

"""Measurements, each beside what it is compared with. `README.md` says how to run and read them."""

"""The counted figures of the issues: the real command, on a real engine, so many times.

Each figure is a function that takes its count. CI runs a small part of it (`test_counted_figures.py`), and
`make acceptance` the whole (`benchmarks/acceptance.py`).
"""

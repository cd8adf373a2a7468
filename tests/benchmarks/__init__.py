"""Ratios against other tools, measured on this machine: ``python -m tests.benchmarks``."""

"""Ours beside what peers publish, on one chain in one run: `make bench` writes bench/RESULTS.md."""

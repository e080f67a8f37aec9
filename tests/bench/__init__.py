"""Measurements, each beside a rival or a physical limit in the same run; see docs/benchmarks.md."""

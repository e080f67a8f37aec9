"""Data that travels with the practice broker: the instrument list and the consent pages. No code."""

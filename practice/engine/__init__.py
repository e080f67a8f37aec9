"""The practice broker's engine: a simulated market and a brokerage, pure of sockets, clocks and globals.

Time comes in as nanoseconds since the epoch, randomness from one seed; the same seed and the same calls
give the same events, byte for byte. Nothing in here may import `practice.server`.
"""

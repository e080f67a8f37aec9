"""What can go wrong on demand: kinds, aims and effects of faults. Knows values only, no sockets."""

"""The programs that are measured, and the servers they talk to: each runs in a process of its own."""

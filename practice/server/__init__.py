"""The practice broker's server: the broker's wire formats on loopback sockets around one engine."""

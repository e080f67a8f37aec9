"""The drivers that carry protocol conversations over real sockets."""

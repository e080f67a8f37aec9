"""The sign-in window on the real web engine, against a broker double on loopback."""

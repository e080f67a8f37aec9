"""The sign-in window: a process of its own, and the only code that loads the web engine."""

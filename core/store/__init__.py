"""What outlives the process: keyring, settings, profiles, journal."""

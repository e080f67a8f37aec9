"""Everything of the trading client that would still make sense without a screen."""

"""The market-data host over REST."""

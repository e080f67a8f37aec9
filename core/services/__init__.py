"""QObjects on the GUI thread that own a signed-in account's state."""

"""Everything that needs QtWidgets or QtGui."""

"""Plain drawing delegates: what a cell shows, without a trip through the style per cell."""

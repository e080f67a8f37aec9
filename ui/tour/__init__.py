"""The tour: everything shown once, by itself, with a picture of each step and a report of what was seen."""

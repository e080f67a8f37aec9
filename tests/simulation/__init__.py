"""The client's order core and a broker in made-up time, with everything between them that can go wrong."""

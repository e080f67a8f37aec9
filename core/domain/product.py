"""What the program is called and which version it is: said once."""

NAME = "Bellwether"
VERSION = "0.1.0"
USER_AGENT = f"{NAME}/{VERSION}"
INDEPENDENCE = "Not made by, affiliated with or endorsed by the broker."

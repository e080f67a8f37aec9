"""The form of the client order ids that this program makes, on whatever computer it runs."""

import re

PREFIX = "bw-"
_FORM = re.compile(PREFIX + r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_of_our_form(client_order_id: str) -> bool:
    """Whether some Bellwether made this id. Anyone may imitate it: it says who to ask, and no more."""
    return _FORM.fullmatch(client_order_id) is not None

"""The application's style sheet: one template filled from the tokens.

The template is data (`resources/styles/bellwether.qss`). In it `@name` stands for a token, a measure or a
derived shade; a name nobody defined raises KeyError, so that a slip cannot ship.
"""

import re
from functools import cache

from ui.theme import tokens
from ui.theme.colors import style_words
from ui.theme.resources import resource_path
from ui.theme.tokens import Palette

_WORD = re.compile(r"@([a-z_]+)")


@cache
def style_sheet(palette: Palette) -> str:
    """Return the whole style sheet in the colours of `palette`."""
    words = style_words(palette)
    words |= {name.lower(): str(value) for name, value in vars(tokens).items() if name.endswith("_PX")}
    words["styles"] = resource_path("styles").as_posix()
    template = resource_path("styles", "bellwether.qss").read_text(encoding="utf-8")
    return _WORD.sub(lambda found: words[found.group(1)], template)

"""The bar names the site as it is spelled on the wire, and never leaves its right end out."""

import pytest
from PySide6.QtCore import QUrl
from pytestqt.qtbot import QtBot

from ui.signin.bar import SiteBar
from ui.signin.site import Site, Trust, loaded_site, site_name
from ui.theme.fonts import Fonts
from ui.theme.tokens import DARK, LIGHT

SHORT = [
    "a.io",
    "auth.broker.example",
    "app.alpaca.markets",
    "127.0.0.1:8765",
    "[::1]:8765",
    "xn--exmple-4nf.com",
]
LONG = [f"{'login.' * count}broker{number}.example" for count in range(1, 10) for number in range(6)]


@pytest.fixture
def bar(qtbot: QtBot) -> SiteBar:
    made = SiteBar(DARK, Fonts())
    qtbot.addWidget(made)
    made.resize(360, 80)
    made.grab()  # lays it out as a window would
    return made


@pytest.mark.parametrize("name", SHORT + LONG)
def test_no_host_is_cut_at_its_right_end_at_the_narrowest_width(bar: SiteBar, name: str) -> None:
    bar.show_site(Site(name, Trust.VERIFIED))
    shown = bar.host.shown_text
    assert bar.host.width() < 360
    assert bar.host.fontMetrics().horizontalAdvance(shown) <= bar.host.width()
    assert shown == name or (shown.startswith("\N{HORIZONTAL ELLIPSIS}") and name.endswith(shown[1:]))
    assert len(shown) > 3
    assert bar.host.accessibleName() == name


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://ex\N{CYRILLIC SMALL LETTER A}mple.com/x", "xn--exmple-4nf.com"),
        ("https://xn--exmple-4nf.com/x", "xn--exmple-4nf.com"),
        ("https://xn--mnchen-3ya.example/", "xn--mnchen-3ya.example"),
        ("https://m\N{LATIN SMALL LETTER U WITH DIAERESIS}nchen.example/", "xn--mnchen-3ya.example"),
        ("https://auth.broker.example/", "auth.broker.example"),
        ("https://auth.broker.example:443/", "auth.broker.example"),
        ("https://auth.broker.example:8443/", "auth.broker.example:8443"),
        ("https://user:password@auth.broker.example/", "auth.broker.example"),
        ("http://127.0.0.1:8765/x", "127.0.0.1:8765"),
        ("http://[::1]:8765/x", "[::1]:8765"),
        ("about:blank", ""),
        ("data:text/html,https://auth.broker.example", ""),
        ("file:///etc/hosts", ""),
    ],
)
def test_a_site_has_the_name_it_has_on_the_wire(address: str, name: str) -> None:
    assert site_name(QUrl(address)) == name
    assert site_name(QUrl(address)).isascii()


@pytest.mark.parametrize(
    ("address", "trust"),
    [
        ("https://auth.broker.example/", Trust.VERIFIED),
        ("http://127.0.0.1:8765/", Trust.THIS_COMPUTER),
        ("http://[::1]:8765/", Trust.THIS_COMPUTER),
        ("http://localhost:8765/", Trust.FAILED),
        ("http://auth.broker.example/", Trust.FAILED),
        ("about:blank", Trust.NO_SITE),
    ],
)
def test_only_an_encrypted_page_is_ever_called_verified(address: str, trust: Trust) -> None:
    assert loaded_site(QUrl(address)).trust is trust


@pytest.mark.parametrize("trust", list(Trust))
def test_every_state_has_a_sentence_besides_its_colour_in_both_themes(bar: SiteBar, trust: Trust) -> None:
    bar.show_site(Site("auth.broker.example", trust))
    sentence = bar.sentence.text()
    assert sentence
    bar.set_palette(LIGHT)
    assert bar.sentence.text() == sentence
    others = []
    for other in Trust:
        bar.show_site(Site("auth.broker.example", other))
        others.append(bar.sentence.text())
    assert len(set(others)) == len(others)

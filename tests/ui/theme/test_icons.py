import re

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QToolButton

from ui.theme.icons import IconSet
from ui.theme.resources import resource_path
from ui.theme.theme import Theme

ICONS = sorted(path.stem for path in resource_path("icons").glob("*.svg") if path.stem != "bellwether")


def colours_of(image: QImage) -> set[str]:
    return {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    }


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_draws_something_in_the_asked_colour(qapp, name: str):
    image = IconSet().pixmap(name, QColor("#5b9dff"), 64, 1.0).toImage()
    assert colours_of(image) == {"#5b9dff"}


def test_an_icon_is_drawn_sharp_for_a_dense_screen(qapp):
    pixmap = IconSet().pixmap("plus", QColor("#ffffff"), 16, 2.0)
    assert (pixmap.width(), pixmap.deviceIndependentSize().width()) == (32, 16)


def test_an_icon_is_drawn_once(qapp):
    icons = IconSet()
    first = icons.pixmap("plus", QColor("#ffffff"), 16, 1.0)
    assert icons.pixmap("plus", QColor("#ffffff"), 16, 1.0).cacheKey() == first.cacheKey()


def test_a_dressed_button_follows_the_theme(theme: Theme, qtbot):
    button = QToolButton()
    qtbot.addWidget(button)
    theme.set_icon(button, "plus")
    dark = button.icon().pixmap(16).toImage()
    theme.set("light")
    light = button.icon().pixmap(16).toImage()
    assert light != dark
    assert light == theme.pixmap("plus").toImage()


def test_a_button_that_is_gone_does_not_disturb_a_change_of_theme(theme: Theme):
    button = QToolButton()
    theme.set_icon(button, "plus")
    button.deleteLater()
    del button
    theme.set("light")
    assert theme.name == "light"


SOURCE = "\n".join(
    path.read_text(encoding="utf-8") for path in resource_path("..").resolve().glob("ui/**/*.py")
)


def test_every_icon_that_the_program_names_is_shipped():
    named = re.findall(r'IconButton\(\s*\w*theme\w*, "([a-z0-9-]+)"', SOURCE)
    named += re.findall(r'set_icon\([^,]+, "([a-z0-9-]+)"', SOURCE)
    assert named
    assert set(named) <= set(ICONS)


def test_no_icon_is_shipped_that_the_program_does_not_name():
    assert [name for name in ICONS if f'"{name}"' not in SOURCE] == []

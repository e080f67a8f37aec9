from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetricsF
from PySide6.QtWidgets import QApplication, QFocusFrame, QHBoxLayout, QLabel, QLineEdit, QWidget

from ui.theme.theme import Theme


def test_a_change_of_theme_reaches_palette_style_sheet_and_listeners_once(theme: Theme, qtbot):
    heard = []
    theme.changed.connect(lambda: heard.append(theme.name))
    theme.set("light")
    theme.set("light")
    assert heard == ["light"]
    assert theme.colors.panel == QColor("#ffffff")
    assert QApplication.palette().base().color() == QColor("#ffffff")
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    assert "#ffffff" in app.styleSheet()


def test_a_change_of_theme_recolours_what_is_on_screen(theme: Theme, qtbot):
    label = QLabel("words")
    label.setProperty("tone", "muted")
    qtbot.addWidget(label)
    label.show()
    before = label.palette().windowText().color()
    theme.set("light")
    assert label.palette().windowText().color() != before


def test_the_fonts_are_bundled_and_their_figures_tabular(theme: Theme):
    assert theme.fonts.is_bundled
    for font in (theme.fonts.base, theme.fonts.strong, theme.fonts.small, theme.fonts.small_strong):
        measure = QFontMetricsF(font)
        assert measure.horizontalAdvance("111,111.11") == measure.horizontalAdvance("888,888.88")


def test_strong_type_is_drawn_heavier_than_base_type(theme: Theme, qtbot):
    def ink(font) -> int:
        label = QLabel("Watchlist")
        label.setFont(font)
        qtbot.addWidget(label)
        label.resize(100, 24)
        image = label.grab().toImage()
        return sum(
            image.pixelColor(x, y).lightness() for x in range(image.width()) for y in range(image.height())
        )

    assert ink(theme.fonts.strong) > ink(theme.fonts.base) * 1.05


def test_the_focus_ring_follows_the_keyboard_and_leaves_with_it(theme: Theme, qtbot):
    window = QWidget()
    row = QHBoxLayout(window)
    first, second, plain = QLineEdit(), QLineEdit(), QLineEdit()
    plain.setProperty("plain", True)
    for field in (first, second, plain):
        row.addWidget(field)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()

    def ringed() -> list[QWidget]:
        frames = window.findChildren(QFocusFrame)
        return [frame.widget() for frame in frames if frame.isVisible()]

    first.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: ringed() == [first])
    second.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: ringed() == [second])
    theme.set("light")
    assert ringed() == [second]
    plain.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: ringed() == [])

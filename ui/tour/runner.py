"""Runs steps one after the other: act, wait until what was expected is seen, take pictures, write it down."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QDialog, QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import PALETTES, ThemeName

_LOOK_MS = 25
_SETTLE_MS = 450  # a changed cell is tinted for 300 ms; a picture shows the calm after it
REPORT = "tour.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`look` returns what is seen once the expectation holds, and None until then."""

    name: str
    expected: str
    act: Callable[[], None]
    look: Callable[[], str | None]
    timeout_s: float = 20.0


class TourRunner(QObject):
    """Lives on the GUI thread; ends with a report that names every step that was planned."""

    finished = Signal(bool)  # whether every step held

    def __init__(
        self,
        window: QWidget,
        theme: Theme,
        folder: Path,
        steps: Sequence[Step],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._window, self._theme, self._folder = window, theme, folder
        self._steps = list(steps)
        self._report: list[dict[str, object]] = []
        self._started_ns = 0
        self._seen: str | None = None
        self._took_ms = 0.0
        self._is_over = False
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self._on_look)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self._take_pictures)

    def start(self) -> None:
        """Begin with the first step."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._begin()

    @Slot(object)
    def abandon(self, error: object) -> None:
        """Something failed that no step can repair; report the present step as not held."""
        if not self._is_over and self._steps:
            self._seen = None
            self._end_step(held=False, seen=f"failed: {error}", pictures=[])
            self._finish()

    @property
    def _step(self) -> Step:
        return self._steps[len(self._report)]

    def _begin(self) -> None:
        if len(self._report) == len(self._steps):
            self._finish()
            return
        self._started_ns = time.monotonic_ns()
        self._seen = None
        self._look.start()
        self._step.act()

    @Slot()
    def _on_look(self) -> None:
        self._took_ms = (time.monotonic_ns() - self._started_ns) / 1e6
        self._seen = self._step.look()
        if self._seen is not None:
            self._look.stop()
            self._settle.start()
        elif self._took_ms > self._step.timeout_s * 1000:
            self._look.stop()
            self._take_pictures()

    @Slot()
    def _take_pictures(self) -> None:
        number = len(self._report) + 1
        chosen: ThemeName = self._theme.name
        pictures: list[str] = []
        for name in sorted(PALETTES, key=lambda name: name == chosen):
            self._theme.set(name)
            self._window.repaint()
            picture = self._picture()
            file = f"{number:02d}-{self._step.name.replace(' ', '-')}-{name}.png"
            if picture.save(str(self._folder / file)):
                pictures.append(file)
        self._theme.set(chosen)
        held = self._seen is not None and len(pictures) == len(PALETTES)
        self._end_step(held=held, seen=self._seen or "not seen in time", pictures=pictures)

    def _picture(self) -> QPixmap:
        """The window, with the dialogs that stand before it where they stand."""
        picture = self._window.grab()
        painter = QPainter(picture)
        for dialog in self._window.findChildren(QDialog):
            if dialog.isVisible():
                painter.drawPixmap(dialog.pos() - self._window.pos(), dialog.grab())
        painter.end()
        return picture

    def _end_step(self, *, held: bool, seen: str, pictures: list[str]) -> None:
        step = self._step
        self._report.append(
            {
                "step": step.name,
                "expected": step.expected,
                "seen": seen,
                "ms": round(self._took_ms, 1),
                "held": held,
                "pictures": pictures,
            }
        )
        self._write()
        if held:
            self._begin()
        else:
            self._finish()

    def _finish(self) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._look.stop()
        self._settle.stop()
        for step in self._steps[len(self._report) :]:
            self._report.append(
                {
                    "step": step.name,
                    "expected": step.expected,
                    "seen": "not reached",
                    "ms": 0,
                    "held": False,
                    "pictures": [],
                }
            )
        self._write()
        self.finished.emit(all(entry["held"] for entry in self._report))

    def _write(self) -> None:
        text = json.dumps(self._report, indent=2, ensure_ascii=False)
        (self._folder / REPORT).write_text(text + "\n", encoding="utf-8")

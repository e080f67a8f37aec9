"""Every rule's verdict on the ticket's order, folded away until somebody wants to see them."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.domain.finding import Finding, Verdict
from ui import finding_words
from ui.controls.buttons import ActionButton
from ui.controls.labels import PlainLabel
from ui.panels.ticket_outlook import Mood
from ui.panels.ticket_summary import MoodMark
from ui.theme.theme import Theme

_MOODS = {Verdict.PASSES: Mood.GOOD, Verdict.REFUSED: Mood.BARRED, Verdict.FORBIDDEN: Mood.BARRED}
_INDENT_PX = 18


class RuleRow(QWidget):
    """One rule: its mark, its name, how it came out, and why where it did not simply pass."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mark = MoodMark(theme)
        self.name = PlainLabel()
        self.verdict = PlainLabel(tone="muted")
        self.reason = PlainLabel(tone="muted", font=theme.fonts.sized(12), wrap=True)
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self._mark)
        line.addWidget(self.name, 1)
        line.addWidget(self.verdict)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        self.reason.setContentsMargins(_INDENT_PX, 0, 0, 2)
        column.addWidget(self.reason)

    def show_finding(self, finding: Finding) -> None:
        """Show how a rule came out."""
        self._mark.show_mood(_MOODS.get(finding.verdict, Mood.CAUTION))
        self.name.show_text(finding_words.rule(finding.rule))
        self.verdict.show_text(
            finding_words.verdict(finding.verdict), "warning" if finding.code is not None else "muted"
        )
        text = finding_words.sentence(finding)
        self.reason.show_text(text)
        self.reason.setVisible(bool(text))


class RuleList(QWidget):
    """A link that unfolds the rules, and one that leads to the trader's own limits."""

    limits_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAccessibleName(QCoreApplication.translate("RuleList", "Rules"))
        self._findings: Sequence[Finding] = ()
        self.toggle = ActionButton("", kind="link", tone="accent")
        self.limits = ActionButton(self.tr("My limits\u2026"), kind="link", tone="accent")
        self._rows: list[RuleRow] = []
        self._box = QWidget()
        self._column = QVBoxLayout(self._box)
        self._column.setContentsMargins(0, 2, 0, 0)
        self._column.setSpacing(2)
        self._box.hide()
        links = QHBoxLayout()
        links.setContentsMargins(0, 0, 0, 0)
        links.addWidget(self.toggle)
        links.addStretch(1)
        links.addWidget(self.limits)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(links)
        column.addWidget(self._box)
        self.toggle.clicked.connect(self._fold)
        self.limits.clicked.connect(self.limits_requested)
        self._say()

    @property
    def rows(self) -> list[RuleRow]:
        """The rules that are shown; none while they are folded away."""
        return self._rows[: len(self._findings)] if not self._box.isHidden() else []

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Take how every rule came out; unchanged ones cost nothing."""
        if findings == self._findings:
            return
        self._findings = findings
        self._say()
        if not self._box.isHidden():
            self._fill()

    @Slot()
    def _fold(self) -> None:
        self._box.setVisible(self._box.isHidden())
        if not self._box.isHidden():
            self._fill()
        self._say()

    def _fill(self) -> None:
        while len(self._rows) < len(self._findings):
            row = RuleRow(self._theme)
            self._rows.append(row)
            self._column.addWidget(row)
        for place, row in enumerate(self._rows):
            row.setVisible(place < len(self._findings))
            if place < len(self._findings):
                row.show_finding(self._findings[place])

    def _say(self) -> None:
        passed = sum(finding.verdict is Verdict.PASSES for finding in self._findings)
        text = self.tr("{passed} of {count} rules pass").format(passed=passed, count=len(self._findings))
        mark = "\u25be" if not self._box.isHidden() else "\u25b8"
        self.toggle.show_text(f"{text} {mark}")
        state = self.tr("shown") if not self._box.isHidden() else self.tr("folded away")
        self.toggle.setAccessibleName(self.tr("Rules"))
        self.toggle.setAccessibleDescription(f"{text}: {state}")

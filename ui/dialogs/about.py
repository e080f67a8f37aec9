"""What this program is, in which version, and on whose work it stands."""

import platform

from PySide6 import __version__ as pyside_version
from PySide6.QtCore import qVersion
from PySide6.QtWidgets import QWidget

from core.domain.product import INDEPENDENCE, NAME, VERSION
from ui.dialogs.frame import DialogFrame
from ui.dialogs.terms import TermsTable
from ui.theme.theme import Theme


class AboutDialog(DialogFrame):
    """Versions, licences, and that the broker has nothing to do with it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, NAME, parent)
        self.setWindowTitle(self.tr("About {name}").format(name=NAME))
        self.add_text(
            self.tr("An independent desktop client for brokerage accounts at Alpaca. {independence}").format(
                independence=INDEPENDENCE
            )
        )
        self.versions = TermsTable(theme, {}, self.tr("Versions"))
        for name, label, value in (
            ("version", self.tr("Version"), VERSION),
            ("qt", self.tr("Qt"), qVersion()),
            ("pyside", self.tr("PySide"), pyside_version),
            ("python", self.tr("Python"), platform.python_version()),
        ):
            self.versions.add_row(name, label, value)
        self.body.addWidget(self.versions)
        self.add_text(
            self.tr(
                "Built on Qt and PySide (LGPL), Qt Advanced Docking System (LGPL), msgspec and "
                "keyring. Type: Inter (SIL Open Font Licence). Icons: Lucide (ISC). "
                "The licence texts come with the program."
            )
        )
        self.add_text(
            self.tr(
                "Nothing shown here is an offer, a solicitation or advice. Market data may be late or wrong."
            )
        )
        close = self.add_button(self.tr("Close"), is_default=True)
        close.clicked.connect(self.accept)

"""Sentences about the streams, for the status bar; apart from those about orders, being on the start path."""

from PySide6.QtCore import QCoreApplication

from core.domain.connection import StreamPhase, StreamStatus
from core.domain.freshness import NS_PER_S
from ui import figures, words

translate = QCoreApplication.translate


def stream_sentence(status: StreamStatus, now_ns: int) -> str:
    """A stream's state in a few words: `live · 0.4 s`, `silent 12 s`, `reconnecting in 3 s`."""
    if status.phase is StreamPhase.LIVE:
        last = status.last_message_ns
        quiet = (
            translate("Sentences", "no message yet")
            if last is None
            else figures.age((now_ns - last) / NS_PER_S)
        )
        return f"{words.stream_phase(status.phase)} \u00b7 {quiet}"
    if status.phase is StreamPhase.SILENT and status.heard_ns is not None:
        return translate("Sentences", "silent {age}").format(
            age=figures.age((now_ns - status.heard_ns) / NS_PER_S)
        )
    if status.phase is StreamPhase.WAITING:
        return _waiting(status, now_ns)
    if status.phase is StreamPhase.REFUSED:
        reason = words.refusal(status.reason) or translate("Sentences", "no reason given")
        return translate("Sentences", "refused: {reason}").format(reason=reason)
    return words.stream_phase(status.phase)


def _waiting(status: StreamStatus, now_ns: int) -> str:
    left_s = 0.0 if status.retry_at_ns is None else max(0.0, (status.retry_at_ns - now_ns) / NS_PER_S)
    # Rounded up: "in 0 s" would look stuck.
    when = translate("Sentences", "reconnecting in {seconds} s").format(seconds=int(left_s) + 1)
    reason = words.refusal(status.reason)
    return f"{when} ({reason})" if reason else when

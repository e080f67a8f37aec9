"""The second line of defence: no request of any kind ever reaches the redirect address's host."""

from PySide6.QtCore import QUrl
from PySide6.QtWebEngineCore import QWebEngineUrlRequestInfo, QWebEngineUrlRequestInterceptor

from core.protocol.signin import origin_of
from ui.signin.site import encoded_text


class RequestGuard(QWebEngineUrlRequestInterceptor):
    """Blocks frames, images, fetches, beacons, prefetches and sockets that try to carry a code away.

    The page refuses main-frame navigations before any request exists; everything else shows up here.
    """

    def __init__(self, redirect_uri: str, sign_in_origins: list[str]) -> None:
        super().__init__()
        self._redirect_uri = redirect_uri
        self._redirect_host = _host(QUrl(redirect_uri))
        self._sign_in_origins = frozenset(sign_in_origins)
        self.dropped = 0

    def forbids(self, url: QUrl) -> bool:
        """Tell whether a request to this URL must not leave the computer.

        A loopback redirect may share its host with the sign-in page: then only the page's own origin
        may be asked, and not for the redirect address.
        """
        if _host(url) != self._redirect_host:
            return False
        text = encoded_text(url)
        if origin_of(text) not in self._sign_in_origins:
            return True
        return text.split("#")[0].split("?")[0] == self._redirect_uri

    def drop(self, url: QUrl) -> bool:
        """Tell the same and count it."""
        is_forbidden = self.forbids(url)
        self.dropped += is_forbidden
        return is_forbidden

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:
        if self.drop(info.requestUrl()):
            info.block(True)


def _host(url: QUrl) -> str:
    """The encoded host; a trailing dot names the same machine."""
    return url.host(QUrl.ComponentFormattingOption.FullyEncoded).lower().rstrip(".")

"""The engine as we allow it: a profile that leaves no trace and settings with the risky parts off."""

from PySide6.QtCore import QObject
from PySide6.QtWebEngineCore import (
    QWebEngineDownloadRequest,
    QWebEngineProfile,
    QWebEngineSettings,
)

_Attribute = QWebEngineSettings.WebAttribute

SETTINGS: dict[QWebEngineSettings.WebAttribute, bool] = {
    _Attribute.JavascriptEnabled: True,  # no broker's log-in works without
    _Attribute.AutoLoadImages: True,
    _Attribute.LocalStorageEnabled: True,  # off the record: in memory only
    _Attribute.WebRTCPublicInterfacesOnly: True,
    _Attribute.PlaybackRequiresUserGesture: True,
    _Attribute.ErrorPageEnabled: False,  # the window has its own words for failures
    _Attribute.AutoLoadIconsForPage: False,
    _Attribute.TouchIconsEnabled: False,
    _Attribute.LocalContentCanAccessFileUrls: False,
    _Attribute.LocalContentCanAccessRemoteUrls: False,
    _Attribute.NavigateOnDropEnabled: False,
    _Attribute.PdfViewerEnabled: False,
    _Attribute.PluginsEnabled: False,
    _Attribute.WebGLEnabled: False,
    _Attribute.FullScreenSupportEnabled: False,
    _Attribute.ScreenCaptureEnabled: False,
    _Attribute.JavascriptCanOpenWindows: False,
    _Attribute.JavascriptCanAccessClipboard: False,
    _Attribute.JavascriptCanPaste: False,
    _Attribute.AllowWindowActivationFromJavaScript: False,
    _Attribute.AllowRunningInsecureContent: False,
    _Attribute.AllowGeolocationOnInsecureOrigins: False,
    _Attribute.HyperlinkAuditingEnabled: False,
    _Attribute.DnsPrefetchEnabled: False,
    _Attribute.BackForwardCacheEnabled: False,
}


def new_profile(parent: QObject) -> QWebEngineProfile:
    """Return a fresh off-the-record profile for one attempt.

    WORKAROUND: Chromium aborts if a profile dies before its pages, so the profile belongs to the
    application and each page to its view; the window goes first, then the profile.
    """
    profile = QWebEngineProfile(parent)  # without a storage name it is off the record
    prepare(profile)
    return profile


def prepare(profile: QWebEngineProfile) -> None:
    """Make an off-the-record profile keep nothing, fetch nothing and allow nothing it need not."""
    profile.setHttpCacheType(QWebEngineProfile.HttpCacheType.MemoryHttpCache)
    profile.setPersistentCookiesPolicy(QWebEngineProfile.PersistentCookiesPolicy.NoPersistentCookies)
    profile.setPersistentPermissionsPolicy(QWebEngineProfile.PersistentPermissionsPolicy.AskEveryTime)
    profile.setPushServiceEnabled(False)
    profile.setSpellCheckEnabled(False)
    profile.downloadRequested.connect(_cancel_download)
    harden(profile.settings())


def harden(settings: QWebEngineSettings) -> None:
    """Set every attribute we have an opinion on, and let no link start a program."""
    for attribute, is_on in SETTINGS.items():
        settings.setAttribute(attribute, is_on)
    settings.setUnknownUrlSchemePolicy(QWebEngineSettings.UnknownUrlSchemePolicy.DisallowUnknownUrlSchemes)


def _cancel_download(request: QWebEngineDownloadRequest) -> None:
    request.cancel()

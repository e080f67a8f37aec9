"""Where the bundled fonts, icons and style sheets are, from a source tree and from a package alike."""

from pathlib import Path

_RESOURCES = Path(__file__).resolve().parents[2] / "resources"


def resource_path(*parts: str) -> Path:
    """Return the path of a bundled file or folder; it is not checked to exist."""
    return _RESOURCES.joinpath(*parts)

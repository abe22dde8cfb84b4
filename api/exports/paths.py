"""Where exports are."""


def export_path(prefix: str) -> str:
    """What all of them begin with, before the ending of a format."""
    return f"/{prefix}/candles"

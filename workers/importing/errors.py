"""What ends an import."""


class ImportRefusedError(Exception):
    """Why the file, or the request, cannot be used; sentences for the person who gave it."""

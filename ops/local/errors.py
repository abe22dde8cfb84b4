"""What stops a run."""


class RunError(Exception):
    """Why the installation cannot run, in sentences for the person who started it."""

"""What keeps a bench from measuring."""


class BenchError(Exception):
    """What happened, why, and what to do, in sentences for the person who started the bench."""

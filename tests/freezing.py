"""Processes that stand still with all that they started."""

import psutil


def freeze(pid: int) -> None:
    for process in _family(pid):
        process.suspend()


def thaw(pid: int) -> None:
    for process in _family(pid):
        process.resume()


def _family(pid: int) -> list[psutil.Process]:
    top = psutil.Process(pid)
    return [top, *top.children(recursive=True)]

"""What the tests keep of an image is what building it would give."""

from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.deploy.layers import Layers


class Builds:
    """Counts how often the command is really run, which writes, links and removes something."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.count = 0

    def build(self, layers: Layers, content: str = "1", command: str = "make") -> str:
        """What the command wrote: a number, and what it saw."""
        tree = Path(mkdtemp(dir=self._folder))
        (tree / "seen").write_text(content)
        (tree / "rest").touch()
        (tree / "folder").mkdir()
        layers.make(tree, [command], lambda: self._run(tree))
        assert {path.name for path in tree.iterdir()} == {"seen", "link", "folder"}
        return (tree / "folder" / "made").read_text()

    def _run(self, tree: Path) -> None:
        self.count += 1
        (tree / "folder" / "made").write_text(f"{self.count} of {(tree / 'seen').read_text()}")
        (tree / "link").symlink_to("seen")
        (tree / "rest").unlink()


@pytest.fixture
def builds(tmp_path: Path) -> Builds:
    (tmp_path / "trees").mkdir()
    return Builds(tmp_path / "trees")


def test_what_sees_the_same_is_not_run_again(builds: Builds, tmp_path: Path) -> None:
    """Not in the next test run either."""
    assert [builds.build(Layers(tmp_path / "layers")) for _ in range(3)] == ["1 of 1"] * 3


@pytest.mark.parametrize(("content", "command"), [("2", "make"), ("1", "make all")], ids=["a file", "the command"])
def test_what_sees_something_else_is_run(builds: Builds, tmp_path: Path, content: str, command: str) -> None:
    """Whatever it is that has changed."""
    layers = Layers(tmp_path / "layers")
    builds.build(layers)

    assert builds.build(layers, content, command) == f"2 of {content}"


def test_what_failed_is_run_again(tmp_path: Path) -> None:
    """Nothing of it is kept."""
    (tmp_path / "tree").mkdir()

    def fail() -> None:
        raise AssertionError

    for _ in range(2):
        with pytest.raises(AssertionError):
            Layers(tmp_path / "layers").make(tmp_path / "tree", ["make"], fail)


def test_what_nobody_asks_for_any_more_is_forgotten(builds: Builds, tmp_path: Path) -> None:
    """So that they do not fill the disk."""
    builds.build(Layers(tmp_path / "layers"), "old")
    layers = Layers(tmp_path / "layers")
    builds.build(layers, "new")

    layers.forget_others()

    assert len(list((tmp_path / "layers").iterdir())) == 1
    assert builds.build(layers, "new") == "2 of new"

"""What functions on this machine find beside what Lambda provides."""

from pathlib import Path

from agenticai.emulator.engines.ministack.workers import find_node


def test_the_folder_of_node_is_that_on_the_users_path(tmp_path: Path) -> None:
    assert find_node(str(tmp_path)) == ()
    program = tmp_path / "node"
    program.touch(0o755)
    assert find_node(str(tmp_path)) == (str(tmp_path),)

"""A selection contains ids, and so is independent of the positions of rows."""

from agenticai.dashboard.components.selection import Shown

FIRST = Shown(("a", "b", "c"), "letters-0", (1,))


def test_more_rows_behind_the_others_change_nothing() -> None:
    assert FIRST.followed_by(("a", "b", "c", "d"), [0, 2]) == Shown(("a", "b", "c", "d"), "letters-0", (1,))


def test_rows_that_moved_take_the_selection_with_them() -> None:
    assert FIRST.followed_by(("b", "c", "d"), [0, 2]) == Shown(("b", "c", "d"), "letters-1", (1,))
    assert FIRST.followed_by(("c", "a"), [0, 2, 9]) == Shown(("c", "a"), "letters-1", (0, 1))


def test_what_is_gone_is_not_selected_any_more() -> None:
    assert FIRST.followed_by((), [0]) == Shown((), "letters-1")

"""The deliveries that a seed postpones."""

from agenticai.scenarios.replaying.replay import reordering


def test_a_seed_always_puts_off_the_same_deliveries_and_0_none() -> None:
    assert reordering(0) == ()
    assert reordering(5)
    assert reordering(5) == reordering(5)
    assert reordering(5) != reordering(6)

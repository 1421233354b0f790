"""The deliveries that a seed postpones."""

from agenticai.scenarios.replaying.replay import make_reordering_faults


def test_a_seed_always_puts_off_the_same_deliveries_and_0_none() -> None:
    assert make_reordering_faults(0) == ()
    assert make_reordering_faults(5)
    assert make_reordering_faults(5) == make_reordering_faults(5)
    assert make_reordering_faults(5) != make_reordering_faults(6)

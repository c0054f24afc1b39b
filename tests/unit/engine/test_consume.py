"""How long a consumer waits before it looks again."""

from dsops.engine.consume import next_pause


def test_pauses_grow_while_nothing_comes_and_begin_again_with_something() -> None:
    pauses, pause = [], 0.0
    for _ in range(8):
        pause = next_pause(pause, moved=False, at_end=True)
        pauses.append(pause)
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]
    assert next_pause(30, moved=True, at_end=True) == 1
    assert next_pause(30, moved=True, at_end=False) == 0


def test_a_server_that_gives_nothing_and_claims_to_have_more_is_waited_for() -> None:
    assert next_pause(0, moved=False, at_end=False) == 1

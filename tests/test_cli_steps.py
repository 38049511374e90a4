import io
import re

import pytest
from rich.console import Console

from ot_eval.cli_steps import steps


def screen() -> tuple[Console, io.StringIO]:
    stream = io.StringIO()
    return Console(file=stream, force_terminal=True, width=80, color_system=None), stream


def last_frame(stream: io.StringIO, lines: int) -> list[str]:
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue().replace("\r", "\n"))
    return [line for line in text.splitlines() if line.strip()][-lines:]


def test_every_step_has_a_bar_and_all_are_ticked_at_the_end():
    console, stream = screen()
    with steps(console) as on_step:
        on_step("Reading [x]", 0, 1)
        on_step("Running", 1, 3)
        on_step("Running", 3, 3)
        on_step("Publishing", 0, 1)
    frame = last_frame(stream, 3)
    assert [line.split()[:2] for line in frame] == [["✓", "Reading"], ["✓", "Running"], ["✓", "Publishing"]]
    assert "[x]" in frame[0]


def test_a_step_that_failed_is_not_ticked():
    console, stream = screen()

    def fails():
        with steps(console) as on_step:
            on_step("Reading", 0, 1)
            on_step("Running", 1, 3)
            raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        fails()
    first, second = last_frame(stream, 2)
    assert first.startswith("✓")
    assert not second.startswith("✓")


def test_a_log_gets_one_line_a_step():
    stream = io.StringIO()
    with steps(Console(file=stream, width=80)) as on_step:
        on_step("Reading [x]", 0, 1)
        on_step("Running", 1, 3)
        on_step("Running", 2, 3)
    assert stream.getvalue().splitlines() == ["Reading [x]", "Running"]

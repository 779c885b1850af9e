"""Ctrl-C stops at the next call of the monitor, and the handler is put back."""

from __future__ import annotations

import os
import signal

import pytest

from semimech.cli.interrupt import stopping
from semimech.support.progress import silent


@pytest.fixture
def python_handler():
    """Python's own handler, whatever the tests were started with: a shell's background jobs ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def test_the_next_call_raises(python_handler):
    with stopping(silent) as monitor:
        monitor("fitting", 0, 2)
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            monitor("fitting", 1, 2)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is python_handler


def test_nothing_happens_without_it():
    told = []
    with stopping(lambda *what: told.append(what)) as monitor:
        monitor("fitting", 1, 2)
    assert told == [("fitting", 1, 2)]

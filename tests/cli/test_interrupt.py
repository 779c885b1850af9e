"""Ctrl-C stops at the next call of the monitor, and the handler is put back."""

from __future__ import annotations

import os
import signal

import pytest

from semimech.cli.interrupt import stopping
from semimech.support.progress import silent


def test_the_next_call_raises():
    before = signal.getsignal(signal.SIGINT)
    with stopping(silent) as monitor:
        monitor("fitting", 0, 2)
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            monitor("fitting", 1, 2)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_nothing_happens_without_it():
    told = []
    with stopping(lambda *what: told.append(what)) as monitor:
        monitor("fitting", 1, 2)
    assert told == [("fitting", 1, 2)]

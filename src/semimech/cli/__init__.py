"""The command `semimech`: one file per command, each imported only when it is called."""

from semimech.cli.main import main

__all__ = ["main"]

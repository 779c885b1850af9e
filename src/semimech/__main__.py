"""`python -m semimech` is the command `semimech`."""

import sys

from semimech.cli import main

sys.exit(main())

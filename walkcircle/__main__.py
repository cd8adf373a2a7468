"""Run the command line with ``python -m walkcircle``."""

import sys

from walkcircle.cli import main

if __name__ == "__main__":
    sys.exit(main())

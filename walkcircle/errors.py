"""The error tree.

::

    WalkCircleError
    ├── StudyError      a study, standard or walker file says something that cannot be meant
    ├── SourceError     a file or an online place cannot be read
    ├── TableError      a table has a missing column, an impossible value or an unusable geometry
    ├── NetworkError    the walking network cannot answer what is asked of it
    ├── SitingError     no choice of sites can keep what is asked
    └── OutputError     a result cannot be written

Every message says what is wrong, where, and the cure. The command line prints it as one line and
returns 2; any other exception is a bug and shows its traceback.
"""


class WalkCircleError(Exception):
    """Something the user can mend; the message says what, where and how."""


class StudyError(WalkCircleError):
    """A study, standard or walker file says something that cannot be meant."""


class SourceError(WalkCircleError):
    """A file or an online place cannot be read."""


class TableError(WalkCircleError):
    """A table has a missing column, an impossible value or an unusable geometry."""


class NetworkError(WalkCircleError):
    """The walking network cannot answer what is asked of it."""


class SitingError(WalkCircleError):
    """No choice of sites can keep what is asked, or the question does not fit its model."""


class OutputError(WalkCircleError):
    """A result cannot be written."""

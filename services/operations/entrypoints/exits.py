"""Exit statuses of the command line, so that scripts can tell what happened; 2 is a wrong call, as everywhere.

130 and 141, interrupted and unread: `ending.py`.
"""

#: What was checked does not hold, or what was asked for is not there.
NO = 1
#: An option or an argument that cannot be, found only when the platform was asked.
WRONG_CALL = 2
#: No running platform was found, or it does not answer.
UNREACHABLE = 3

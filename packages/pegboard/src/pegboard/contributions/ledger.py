"""Moved."""

from pegboard.ledger import *  # noqa
from pegboard.ledger import PRIMED, Contribution, Ledger  # noqa

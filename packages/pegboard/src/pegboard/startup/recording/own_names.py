"""Which names does the application itself register, outside any plugin?

In: the ledger. Out: a hash of the names. The clashes of plugins with these names are recorded; they hold only for
starts in which the application registers the same names.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.index import ENCODING, digest
from pegboard.ledger import HOOK, RULES

if TYPE_CHECKING:
    from pegboard.ledger import Ledger, Plugin


def own_names(ledger: Ledger, application: Plugin) -> str:
    """Return a hash of the names that *application* has in registries; empty when it has none."""
    names = sorted(
        f"{contribution.kind}\n{contribution.text}\n{contribution.override}"
        for contribution in ledger.contributions_of(application)
        if contribution.kind not in RULES and not contribution.kind.startswith(HOOK)
    )
    return digest("\n".join(names).encode(*ENCODING)) if names else ""

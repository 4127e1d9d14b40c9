"""The journal: which plugin crashed an earlier process, and may it be imported again?

In: the files that dead processes left in the journal's folder. Out: a count of crashes, warnings, and quarantine.
`pegboard.importer` writes the journal; the check is imported only by a start that finds entries in it.
"""

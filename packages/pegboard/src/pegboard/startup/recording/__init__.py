"""Recording: which records still hold, which plugins have to be imported and recorded, and what is the new index?

In: the plugins that a search has found, and the newest index of earlier starts. Out: a new index, and notes beside it.
A warm start imports `own_names` at most, only when it is needed.
"""

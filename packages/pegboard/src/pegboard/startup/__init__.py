"""A cold start: which plugins are there, what does the user want of them, and what do they register?

In: settings, and the index that the last start left. Out: plugins in their order, and a new index.
A warm start, for which the index holds, imports nothing of this folder unless it has problems to report.
"""

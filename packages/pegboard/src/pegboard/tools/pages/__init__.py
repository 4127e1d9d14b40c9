"""Pages: how is an HTML page made and saved?

In: elements, a style, a script and data. Out: one file that loads nothing, and works without a network.
"""

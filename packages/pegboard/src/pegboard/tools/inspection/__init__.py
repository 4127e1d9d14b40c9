"""The inspection: which plugins and contributions are there, and who provides what?

In: a host. Out: plain data (`survey`), a graph of it, and the inspector's page. Plugins are imported only as by any
start.
"""

"""The profiler: what does each plugin cost a start, and which imports make it slow?

In: how this program was called, and its plugins. Out: a summary as plain data, and a trace for a viewer.
`measure` runs the program under `launch`, which records every import; `costs` and `summary` add the times up.
"""

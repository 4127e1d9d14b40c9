"""The bisection: which plugins make a command fail?

In: the plugins, what each of them needs, and a command, or a user who judges. Out: the smallest sets of plugins that
fail together, and a report for their authors. `failing_set` is the search; it knows neither processes nor users.
"""

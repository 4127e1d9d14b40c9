"""What is wrong with the plugins, whose fault is it, and what mends it?

`diagnosis` runs the checks, a module each in `checks`. None of them imports a plugin: those that have to be imported to
be judged are imported in processes of their own, see `patients`.
"""

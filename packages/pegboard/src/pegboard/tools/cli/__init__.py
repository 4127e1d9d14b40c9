"""The `plugins` commands: what did the user ask for, and what is printed?

In: a host that has not been started, and the words of a command line. Out: text or JSON, and an exit status.
Each command is one file in `commands`; the other files are what several commands need.
"""

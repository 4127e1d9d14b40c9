"""The files of a user: where they are, and how the log is read and added to without ever harming it."""

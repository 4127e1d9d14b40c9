"""The files of a user: where they are, and how the log is read and appended to without damage."""

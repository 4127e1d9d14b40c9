"""utt: a time tracker for the command line. No code here: a plugin may overwrite or remove this file."""

"""utt: a time tracker for the command line. Nothing in this file is needed: plugins may overwrite or remove it."""

"""utt's own commands, each a plugin. No code here: a plugin may overwrite or remove this file."""

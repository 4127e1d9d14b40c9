"""utt's own commands, each a plugin. Nothing in this file is needed: plugins may overwrite or remove it."""

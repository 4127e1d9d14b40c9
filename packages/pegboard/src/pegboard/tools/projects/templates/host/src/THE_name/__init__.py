"""THE_name: an application whose commands are plugins."""

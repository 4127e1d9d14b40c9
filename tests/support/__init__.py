"""What tests of the whole repository share."""

"""The checks, a module each; a check takes an `Examination`, and yields what it finds."""

"""Which plugin took the process down before? The boot journal, strikes, and quarantine."""

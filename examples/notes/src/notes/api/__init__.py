"""What plugins talk to; one module for each version."""

"""The checks, one module each: a check takes the `Evidence` and yields findings."""

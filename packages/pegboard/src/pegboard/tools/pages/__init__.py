"""Pages to look at: each one self-contained HTML file, which loads nothing and works without a network."""

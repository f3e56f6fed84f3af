"""Files: storage of uploads, detection of the type, limits, and reading of raw rows."""

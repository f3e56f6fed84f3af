"""Files: uploads, types and limits, raw rows, and what known headers, dates and texts of cells mean."""

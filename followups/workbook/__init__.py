"""Excel round trip: download letters as a workbook, fill in answers, compare the uploaded workbook, and save."""

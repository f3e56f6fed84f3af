"""Letters out as a workbook, and their answers in: ``sheet`` → a person → ``reading``, ``comparing``, ``proposal``."""

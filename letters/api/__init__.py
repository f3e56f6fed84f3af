"""The API by which systems send dispatches and receipts."""

"""The status note: versions with frozen figures, the Word document, and its check after people have edited it."""

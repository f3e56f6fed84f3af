"""What a letter is about: an incident's rules (``models.CategoryRule``), and who and what may go by them.

``words`` is what people write and both engines read, ``defaults`` the rules an incident begins with, ``judging`` one
row after the other in Python (the import), ``catching`` all letters at once in SQL, ``editing`` the rules themselves;
``clocks`` when the letters of a category run out, as people write it.
"""

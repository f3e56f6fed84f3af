"""What to write to the recipient, with what is known of the letter filled in.

``fields`` is what a draft may name in braces, and what becomes of it; ``texts`` which words count for a letter, KIT's
or the default (``templates/followups/drafts/``), and their versions; ``eml`` a draft that opens in the mail program;
``editing`` and ``forms`` are of KIT's pages.
"""

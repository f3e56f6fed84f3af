"""The form that people write the texts of mails in, and what becomes of it: text and HTML. Knows no model.

    # Titel                       the large heading
    ## Overskrift                 in the text part in capitals
    - punkt                       a bullet
    1) punkt                      a numbered line, with the number that is written
    ! vigtigt                     a box that stands out; the first is also what inboxes show beside the subject
    **fed**                       in the text part without its stars
    [ord]({guide})                a link; the address is a field or begins with https://
    [[Se dine breve]]({mine breve})   a button, alone on its line
    {navn}, {Navn}                a field; written with a capital it begins with one
    {brevet|brevene}              the first when the mail is about one letter, the second when about more
    {breve}                       a list, alone on its line
    --                            what follows is small print

An empty line begins a new paragraph, and any other line break stays one. A field with nothing in it takes the space
before it along.
"""

"""The markup of mail texts, and the rendering as plain text and HTML. Knows no model.

    # Titel                       the large heading
    ## Overskrift                 in capitals in plain text
    - punkt                       a bullet
    1) punkt                      a numbered line, with the number as written
    ! vigtigt                     a highlighted box; inboxes show the first box beside the subject
    **fed**                       without the stars in plain text
    [ord]({vejledning})                a link; the address is a field or begins with https://
    [[Se dine breve]]({mine breve})   a button, alone on the line
    {navn}, {Navn}                a field; a capital in the name capitalises the value
    {brevet|brevene}              the first if the mail is about one letter, otherwise the second
    {breve}                       a list, alone on the line
    --                            the rest of the text is small print

An empty line begins a new paragraph. Any other line break is kept. The space before an empty field is dropped.
"""

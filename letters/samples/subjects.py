"""Subjects of the sample's letters. ``{soon}`` is a day before the mails go out, ``{later}`` a day after."""

#: BUF's letters by topic, as counted in the note to the committee; the rest is spread.
BUF_TOPICS = {"guidance": 200, "daycare": 120, "dental": 100, "leaflet": 80, "blank": 200, "staff": 100}
#: Workplaces that write about a topic, with weights. A topic not named here is written about everywhere.
WRITERS = {
    "guidance": {"guidance": 4, "school": 1},
    "daycare": {"daycare_office": 1},
    "dental": {"dental": 1},
    "leaflet": {"house": 2, "dental": 2, "health": 3, "school": 1, "daycare_office": 2, "guidance": 2},
}

BY_TOPIC = {
    "guidance": [
        "Uddannelsesparathedsvurdering, 8. klasse",
        "Uddannelsesparathedsvurdering, 8. klasse",
        "Uddannelsesparathedsvurdering, 9. klasse",
        "Uddannelsesparathedsvurdering: ikke uddannelsesparat",
        "UPV: vurdering af uddannelsesparathed, 10. klasse",
    ],
    "daycare": [
        "Tilbud om plads i dagplejen",
        "Dagpleje: opstart den {later}",
        "Godkendelse af privat pasning",
        "Tilskud til privat pasning",
        "Dagpleje: ændring af din betaling",
        "Privat pasning: vi mangler oplysninger",
    ],
    "dental": [
        "Tandklinikken: indkaldelse den {later}",
        "Indkaldelse til tandlægen den {soon}",
        "Samtykke til tandregulering",
        "Tandregulering: ny tid den {later}",
        "Udeblivelse fra tandklinikken",
    ],
    "leaflet": [
        "Pjece: Velkommen i 0. klasse",
        "Pjece: Sådan passer du dit barns sundhed",
        "Pjece: Ferieplan og lukkedage",
        "Pjece om sprogvurdering",
        "Pjece: Når dit barn skifter institution",
    ],
    "staff": [
        "Indkaldelse til sygefraværssamtale den {soon}",
        "Indkaldelse til sygefraværssamtale den {later}",
        "Indkaldelse til sygefraværssamtale",
        "Referat af sygefraværssamtale",
        "Mulighedserklæring",
        "Tjenstlig samtale den {later}",
        "Varsel om ændret arbejdstid",
    ],
}

BY_KIND = {
    "school": [
        "Indkaldelse til skole-hjem-samtale den {soon}",
        "Indkaldelse til skole-hjem-samtale den {later}",
        "Partshøring om udeblivelse",
        "Partshøring om udeblivelse, svarfrist {soon}",
        "Referat af netværksmøde",
        "Svar på ønske om at skifte klasse",
        "Ansøgning om orlov: vi mangler oplysninger",
        "Kvittering: vi har modtaget din henvendelse",
        "Svar på ansøgning om befordring",
        "Høring om ændret skemalægning",
        "Mødeindkaldelse: klassemøde den {later}",
    ],
    "house": [
        "Kvittering for opskrivning",
        "Mødeindkaldelse: samtale om overgang til skole",
        "Referat af forældresamtale",
        "Sprogvurdering af dit barn",
        "Høringsbrev om lukkedage",
        "Indkaldelse til opstartssamtale den {soon}",
    ],
    "dental": ["Kvittering: din tid er flyttet", "Høringsbrev om skift af klinik", "Journaloplysninger"],
    "guidance": [
        "Indkaldelse til vejledningssamtale den {soon}",
        "Kvittering for ansøgning om 10. klasse",
        "Referat af uddannelsessamtale",
        "Brobygning i januar",
    ],
    "daycare_office": [
        "Kvittering: vi har modtaget din opskrivning",
        "Svar på ansøgning om fripladstilskud",
        "Høringsbrev om udmeldelse",
        "Afgørelse om søskendetilskud",
        "Din plads på ventelisten",
    ],
    "health": ["Indkaldelse til sundhedsplejerske den {later}", "Hjemmebesøg", "Kvittering: aflysning af besøg"],
    "counselling": [
        "Mødeindkaldelse: netværksmøde den {later}",
        "Pædagogisk-psykologisk vurdering",
        "Høringsbrev om specialundervisning, svarfrist {soon}",
        "Afgørelse om specialundervisning",
        "Referat af visitationsmøde",
        "Kvittering: vi har modtaget din indstilling",
    ],
    "office": [
        "Kvittering for din henvendelse",
        "Svar på anmodning om aktindsigt",
        "Lønseddel og specifikation",
        "Høringsbrev om ændret betaling",
        "Mødeindkaldelse den {later}",
    ],
    "family": [
        "Indkaldelse til børnefaglig undersøgelse den {later}",
        "Partshøring om hjælpeforanstaltning, svarfrist {soon}",
        "Referat af opfølgningsmøde",
        "Afgørelse om kontaktperson",
        "Kvittering for underretning",
    ],
    "social": [
        "Afgørelse om enkeltydelse",
        "Partshøring om merudgifter, svarfrist {soon}",
        "Bevilling af støtte i hjemmet",
        "Kvittering: vi har modtaget din ansøgning",
        "Indkaldelse til opfølgning den {soon}",
        "Afgørelse om ledsagelse",
    ],
    "care": [
        "Ændring af dine besøg",
        "Afgørelse om hjælp i hjemmet",
        "Bevilling af hjælpemiddel",
        "Indkaldelse til træning den {soon}",
        "Tilbud om plejebolig, svarfrist {soon}",
        "Kvittering for klage over leveret hjælp",
    ],
    "leisure": [
        "Svar på ansøgning om lokaletilskud",
        "Kvittering for booking",
        "Tildeling af tider i hallen",
        "Høringsbrev om åbningstider",
    ],
    "citizen": [
        "Kvittering for flytning",
        "Navneændring: vi mangler oplysninger",
        "Vielse den {later}",
        "Dit kørekort",
    ],
    "job": [
        "Indkaldelse til samtale den {soon}",
        "Indkaldelse til jobsamtale den {later}",
        "Partshøring om sygedagpenge, svarfrist {soon}",
        "Afgørelse om kontanthjælp",
        "Afgørelse om boligstøtte",
        "Kvittering: vi har modtaget dit oplysningsskema",
        "Tilbud om virksomhedspraktik",
    ],
    "city": [
        "Byggesag: vi mangler oplysninger",
        "Nabohøring, svarfrist {soon}",
        "Afgørelse om dispensation",
        "Kvittering for parkeringslicens",
        "Påbud om affaldssortering",
    ],
    "tax": [
        "Lån til betaling af ejendomsskat",
        "Indfrielse af lån",
        "Kvittering: vi har modtaget din anmodning",
        "Afgørelse om garanti for boliglån",
    ],
}

#: Karen Bülow Møller's fourteen letters: (subject, day in December, clock, recipient number). Recipient 8 gets two
#: letters. Two letters name a date that has passed when the mails go out, two a date in the days after.
FOURTEEN_SUBJECTS = [
    ("Indkaldelse til skole-hjem-samtale den {passed_meeting}", 11, "09:14", 1),
    ("Partshøring om udeblivelse, svarfrist {passed_answer}", 18, "14:05", 2),
    ("Indkaldelse til sygefraværssamtale den {coming_meeting}", 13, "10:30", 3),
    ("Uddannelsesparathedsvurdering, 8. klasse", 16, "08:52", 4),
    ("Uddannelsesparathedsvurdering, 8. klasse", 16, "08:53", 5),
    ("Uddannelsesparathedsvurdering, 8. klasse", 16, "08:55", 6),
    ("Ansøgning om orlov, svar inden {coming_answer}", 17, "11:20", 7),
    ("", 12, "13:42", 8),
    ("", 12, "13:47", 8),
    ("", 19, "15:08", 9),
    ("Referat af netværksmøde", 10, "12:15", 10),
    ("Svar på ønske om at skifte klasse", 11, "09:40", 11),
    ("Kvittering: vi har modtaget din henvendelse", 13, "08:05", 12),
    ("Pjece: Velkommen i 0. klasse", 18, "10:11", 13),
]

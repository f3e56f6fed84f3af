"""Organisation of the sample: seven administrations. BUF's letters come from 157 units or sub-units."""

from typing import NamedTuple

BUF, SOF, SUF = "Børne- og Ungdomsforvaltningen", "Socialforvaltningen", "Sundheds- og Omsorgsforvaltningen"
KFF, BIF = "Kultur- og Fritidsforvaltningen", "Beskæftigelses- og Integrationsforvaltningen"
TMF, OKF = "Teknik- og Miljøforvaltningen", "Økonomiforvaltningen"


class Workplace(NamedTuple):
    """The lowest unit that the list names as sender. ``kind`` decides the topics."""

    administration: str
    area: str
    unit: str
    subunit: str
    kind: str


DISTRICTS = {
    "Område Amager": (
        "Svalevejens Skole, Lyngbakkens Skole, Strandengens Skole, Kløvermarkens Skole, Tangvejens Skole,"
        " Havnebakkens Skole, Dragehøjens Skole, Skolen ved Digen, Fuglsangens Skole, Rørhøns Skole, Øster"
        " Fælled Skole, Lindealléens Skole",
        "Børnehuset Skovsporet, Børnehuset Strandskaden, Vuggestuen Kornblomsten, Børnehuset Æblehaven,"
        " Børnehaven Regnbuen, Børnehuset Tangloppen, Børnehuset Søstjernen, Idrætsinstitutionen Bolden",
    ),
    "Område Indre By og Østerbro": (
        "Lærkeparkens Skole, Kastelhøjens Skole, Søpladsens Skole, Skolen ved Voldene, Nordhavnens Skole,"
        " Ålekistens Skole, Trianglens Skole, Sortedammens Skole, Kalkbrænderiets Skole, Ryens Skole,"
        " Fælledskolen Øst, Skolen i Gården",
        "Børnehuset Fyrtårnet, Vuggestuen Svanen, Børnehuset Krudtuglen, Børnehaven Humlebien, Børnehuset"
        " Sejlet, Børnehuset Bølgen, Skovbørnehaven Egernet, Børnehuset Ællingen",
    ),
    "Område Nørrebro og Bispebjerg": (
        "Mosevangens Skole, Lundehøjens Skole, Grøndalsskolen Nord, Utterslevs Skole Vest, Rådmandens Skole,"
        " Blågårdens Skole Øst, Skolen på Bakken, Ørnevejens Skole, Bispeengens Skole, Hillerødvejens Skole,"
        " Tagensvejens Skole, Skolen ved Banen",
        "Børnehuset Galaksen, Vuggestuen Spiren, Børnehuset Ørnereden, Børnehaven Troldehøj, Børnehuset"
        " Mælkevejen, Børnehuset Kastanjen, Fritidshjemmet Raketten, Børnehuset Kløveret",
    ),
    "Område Vanløse og Brønshøj": (
        "Damhusengens Skole Vest, Håbets Skole, Kirkebjergets Skole, Vandværkets Skole, Bellahøjens Skole"
        " Nord, Husumvejens Skole, Skolen ved Åen, Rødkilde Bakkes Skole, Katrinehøjens Skole, Voldparkens"
        " Skole Syd, Ålholms Have Skole, Tingbakkens Skole",
        "Børnehuset Pilehytten, Vuggestuen Myretuen, Børnehuset Viben, Børnehaven Bakketoppen, Børnehuset"
        " Åkanden, Børnehuset Egekrogen, Børnehuset Lærkereden, Fritidscentret Værkstedet",
    ),
    "Område Valby og Vesterbro": (
        "Vigerslev Parks Skole, Kulbanens Skole, Enghavens Skole, Toftevangens Skole, Ny Carls Skole,"
        " Saxoparkens Skole, Hanssteds Skole Vest, Skolen ved Remisen, Lykkebos Skole Syd, Ålandsgades Skole,"
        " Kødbyens Skole, Humleby Skole",
        "Børnehuset Lokomotivet, Vuggestuen Mariehønen, Børnehuset Karrusellen, Børnehaven Sommerfuglen,"
        " Børnehuset Humlen, Børnehuset Støberiet, Børnehuset Valnødden, Børnehuset Rønnebærret",
    ),
}
#: (area, units, kind)
CENTRES = [
    (
        "Børne- og Ungdomstandplejen",
        "Tandklinik Nordhjørnet, Tandklinik Østerled, Tandklinik Amagerbro, Tandklinik Valby Have, Tandklinik"
        " Vanløse Torv, Tandklinik Brønsholm, Tandklinik Nørrevænget, Tandklinik Sydkajen, Tandklinik"
        " Bispehaven, Tandklinik Rådhuset, Tandreguleringen Nord, Tandreguleringen Syd",
        "dental",
    ),
    (
        "Ungdommens Vejledning",
        "Vejledningen Amager, Vejledningen Indre By, Vejledningen Østerbro, Vejledningen Nørrebro,"
        " Vejledningen Bispebjerg, Vejledningen Vanløse, Vejledningen Valby, Vejledningen Vesterbro",
        "guidance",
    ),
    (
        "Pladsanvisningen",
        "Dagplejen Amager, Dagplejen Nord, Dagplejen Vest, Dagplejen Syd, Dagplejen Midt, Privat pasning, Anvisningen",
        "daycare_office",
    ),
    (
        "Center for Børn og Forebyggelse",
        "Sundhedsplejen Amager, Sundhedsplejen Nord, Sundhedsplejen Vest, Sundhedsplejen Midt, Sundhedsplejen Syd",
        "health",
    ),
    (
        "Center for Inklusion",
        "Rådgivningen Amager, Rådgivningen Nord, Rådgivningen Vest, Rådgivningen Midt, Rådgivningen Syd, Tale"
        " og Høre, Specialvisitationen",
        "counselling",
    ),
    ("Administrativt Ressourcecenter", "Digitalisering og Data, Løn og Personale, Økonomi og Indkøb", "office"),
]
#: So many schools of a district send from two departments, the others as a single unit.
SPLIT_SCHOOLS_PER_DISTRICT = 3
SPLIT_DEPARTMENTS = ("Indskoling og mellemtrin", "Udskoling")

OTHERS = {
    SOF: {
        "Borgercenter Børn og Unge": ("Enhed Amager, Enhed Nord, Enhed Vest, Enhed Midt, Familiehuset Ydun", "family"),
        "Borgercenter Voksne": (
            "Borgercenter Øst, Borgercenter Vest, Enkeltydelser, Støtte i hjemmet, Frikort",
            "social",
        ),
        "Borgercenter Handicap": ("Børn og Familie, Voksne og Bolig, Hjælpemidler, Ledsagelse", "social"),
        "Center for Udsatte": ("Hjemløseenheden, Rusmiddelcentret, Krisecentret Birk", "social"),
    },
    SUF: {
        "Område Sundhed Nord": ("Hjemmepleje Nord, Plejecenter Rosenlund, Visitationen Nord, Træning Nord", "care"),
        "Område Sundhed Syd": ("Hjemmepleje Syd, Plejecenter Bøgehave, Visitationen Syd, Træning Syd", "care"),
        "Område Sundhed Vest": ("Hjemmepleje Vest, Plejecenter Åvang, Visitationen Vest, Træning Vest", "care"),
        "Center for Sundhed": ("Forebyggelsen, Hjælpemiddelcentret", "care"),
    },
    KFF: {
        "Kultur og Fritid Øst": ("Idrætsanlæg Øst, Biblioteket Søsiden, Kulturhuset Lygten", "leisure"),
        "Kultur og Fritid Vest": ("Idrætsanlæg Vest, Biblioteket Åhuset, Medborgerhuset Vest", "leisure"),
        "Borgerservice": ("Folkeregistret, Pas og Kørekort, Vielser og Navne", "citizen"),
    },
    BIF: {
        "Jobcentrene": ("Jobcenter Vest, Jobcenter Nord, Jobcenter Syd, Jobcenter Øst, Jobcenter Unge", "job"),
        "Ydelsesservice": ("Kontanthjælp, Sygedagpenge, Fleksydelser, Boligstøtte", "job"),
        "Integration": ("Modtagelsen, Sprogcentret", "job"),
    },
    TMF: {
        "Byens Anvendelse": ("Vej og Parkering, Byggesager, Affald og Genbrug, Parker og Natur", "city"),
        "Byens Udvikling": ("Byfornyelse, Klima og Vand, Byggetilladelser Vest", "city"),
    },
    OKF: {
        "Koncernservice": ("Løn, Rekruttering, Opkrævning, Regnskab", "office"),
        "Center for Økonomi": ("Ejendomsskat, Boliglån og Garantier, Indfrielser", "tax"),
    },
}


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def buf_workplaces() -> list[Workplace]:
    """Return the 157 workplaces: 60 schools (15 with two departments, so 75), 40 day-care houses, 42 in the centres."""
    places = []
    for district, (schools, houses) in DISTRICTS.items():
        for number, school in enumerate(_names(schools)):
            departments = SPLIT_DEPARTMENTS if 0 < number <= SPLIT_SCHOOLS_PER_DISTRICT else ("",)
            places += [Workplace(BUF, district, school, department, "school") for department in departments]
        places += [Workplace(BUF, district, house, "", "house") for house in _names(houses)]
    for centre, units, kind in CENTRES:
        places += [Workplace(BUF, centre, unit, "", kind) for unit in _names(units)]
    return places


def other_workplaces(administration: str) -> list[Workplace]:
    """Return the workplaces of an administration other than BUF."""
    return [
        Workplace(administration, area, unit, "", kind)
        for area, (units, kind) in OTHERS[administration].items()
        for unit in _names(units)
    ]

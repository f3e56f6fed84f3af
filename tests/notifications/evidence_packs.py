"""Contents of an evidence pack."""

import io
import zipfile
from datetime import date

from followups.proof_files import validate_proof
from followups.services.arrivals import ArrivalReport
from letters.recipient_keys import code_number, hash_recipient, short_recipient_code

LOG = b"B-00002;Afleveret Digital Post\r\n"
ARRIVED_WITH_LOG = ArrivalReport(
    date(2020, 1, 9), "DIGITAL_POST", True, date(2020, 1, 9), "Loggen nævner brevet", validate_proof("log.csv", LOG)
)
#: The key of most letters of the cast, its code, and the key of another recipient with that code.
KEY = hash_recipient("borger@borger.example")
CODE = short_recipient_code(KEY)
OTHER_KEY = f"{code_number(CODE):012x}"


def zip_contents(pack: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(pack)) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}

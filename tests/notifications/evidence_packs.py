"""Contents of an evidence pack."""

import io
import zipfile
from datetime import date

from followups.proof_files import validate_proof
from followups.services.arrivals import ArrivalReport

LOG = b"B-00002;Afleveret Digital Post\r\n"
ARRIVED_WITH_LOG = ArrivalReport(
    date(2020, 1, 9), "DIGITAL_POST", True, date(2020, 1, 9), "Loggen nævner brevet", validate_proof("log.csv", LOG)
)


def zip_contents(pack: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(pack)) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}

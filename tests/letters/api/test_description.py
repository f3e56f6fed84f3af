"""Schemathesis tries the API by its description: no request is an error of ours."""

import json

import pytest
import schemathesis
from django.core.signals import request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings

from letters.api.endpoints import api
from sepo_incident.wsgi import application

schema = schemathesis.openapi.from_dict(json.loads(json.dumps(api.get_openapi_schema())))
schema.app = application
CHECKS = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.response_schema_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.status_code_conformance,
]


@pytest.fixture
def token(new_token):
    """A token, in a transaction that the requests do not leave."""
    request_started.disconnect(close_old_connections)
    yield new_token()
    request_started.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.slow
@schema.parametrize()
@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_is_an_error_of_ours(token, case):
    answer = case.call(headers={"Authorization": f"Bearer {token}"})
    case.validate_response(answer, checks=CHECKS)
    if answer.status_code >= 400:
        assert list(answer.json()) == ["fejl"]

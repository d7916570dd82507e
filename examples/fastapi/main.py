"""A FastAPI service that ddtrace-run traces without code changes.

    pip install -r requirements.txt
    ddtrace-run uvicorn main:app --host 0.0.0.0 --port 8000

datadogEnv sets the agent's address, the service, the environment and the version.
"""

import logging

from datadog import statsd
from ddtrace import tracer
from fastapi import FastAPI

# DD_LOGS_INJECTION adds the trace to each record. Datadog and Loki parse it from the line.
logging.basicConfig(
    level=logging.INFO,
    format=(
        '{"level": "%(levelname)s", "message": "%(message)s",'
        ' "env": "%(dd.env)s", "service": "%(dd.service)s", "version": "%(dd.version)s",'
        ' "trace_id": "%(dd.trace_id)s"}'
    ),
)
log = logging.getLogger("tickets")

app = FastAPI()


@app.get("/seats/{seat}")
def reserve(seat: str) -> dict[str, str]:
    # A custom span inside the request's span.
    with tracer.trace("seats.reserve", resource=seat):
        log.info("seat reserved")
        # A custom DogStatsD metric.
        statsd.increment("tickets.seats_reserved")
        return {"seat": seat}

"""A FastAPI service, traced without a line about tracing: it is started through ddtrace-run.

    pip install -r requirements.txt
    ddtrace-run uvicorn main:app --host 0.0.0.0 --port 8000

Agent, service, environment and version come from the environment variables of datadogEnv.
"""

import logging

from datadog import statsd
from ddtrace import tracer
from fastapi import FastAPI

# With DD_LOGS_INJECTION every record knows its trace; Datadog and Loki both read it from the line.
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
    # A span of one's own, inside that of the request.
    with tracer.trace("seats.reserve", resource=seat):
        log.info("seat reserved")
        # A metric of one's own, by DogStatsD.
        statsd.increment("tickets.seats_reserved")
        return {"seat": seat}

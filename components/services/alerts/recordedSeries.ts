/** Names of the series recorded for each service, which rules and dashboards share. */
export const recorded = {
  http: {
    requests: "namespace_service:http_requests:rate5m",
    failed: "namespace_service:http_requests_failed:rate5m",
    requestsNow: "namespace_service:http_requests:irate2m",
    failedNow: "namespace_service:http_requests_failed:irate2m",
    errorRatio: "namespace_service:http_requests_failed:proven_ratio",
    shortErrorRatio: "namespace_service:http_requests_failed:proven_ratio5m",
    longErrorRatio: "namespace_service:http_requests_failed:proven_ratio30m",
    p99: "namespace_service:http_request_duration_seconds:p99_rate4m",
    timed: "namespace_service:http_request_duration_seconds_count:rate5m",
  },
  grpc: {
    requests: "namespace_service:grpc_requests:rate5m",
    failed: "namespace_service:grpc_requests_failed:rate5m",
    requestsNow: "namespace_service:grpc_requests:irate2m",
    failedNow: "namespace_service:grpc_requests_failed:irate2m",
    errorRatio: "namespace_service:grpc_requests_failed:proven_ratio",
    shortErrorRatio: "namespace_service:grpc_requests_failed:proven_ratio5m",
    longErrorRatio: "namespace_service:grpc_requests_failed:proven_ratio30m",
    p99: "namespace_service:grpc_request_duration_seconds:p99_rate4m",
    timed: "namespace_service:grpc_request_duration_seconds_count:rate5m",
  },
  /** HTTP and gRPC requests combined. */
  requests: "namespace_service:requests:rate5m",
} as const;

/** Recorded series of each protocol. */
export const protocols = [recorded.http, recorded.grpc];

/** Names of the series recorded for each service, which rules and dashboards share. */
export const recorded = {
  httpRequests: "namespace_service:http_requests:rate5m",
  httpFailed: "namespace_service:http_requests_failed:rate5m",
  grpcRequests: "namespace_service:grpc_requests:rate5m",
  grpcFailed: "namespace_service:grpc_requests_failed:rate5m",
  httpRequestsNow: "namespace_service:http_requests:irate2m",
  httpFailedNow: "namespace_service:http_requests_failed:irate2m",
  grpcRequestsNow: "namespace_service:grpc_requests:irate2m",
  grpcFailedNow: "namespace_service:grpc_requests_failed:irate2m",
  httpErrorRatio: "namespace_service:http_requests_failed:proven_ratio",
  grpcErrorRatio: "namespace_service:grpc_requests_failed:proven_ratio",
  httpShortErrorRatio: "namespace_service:http_requests_failed:proven_ratio5m",
  grpcShortErrorRatio: "namespace_service:grpc_requests_failed:proven_ratio5m",
  httpLongErrorRatio: "namespace_service:http_requests_failed:proven_ratio30m",
  grpcLongErrorRatio: "namespace_service:grpc_requests_failed:proven_ratio30m",
  /** HTTP and gRPC requests combined. */
  requests: "namespace_service:requests:rate5m",
  httpP99: "namespace_service:http_request_duration_seconds:p99_rate4m",
  httpTimed: "namespace_service:http_request_duration_seconds_count:rate5m",
  grpcP99: "namespace_service:grpc_request_duration_seconds:p99_rate4m",
  grpcTimed: "namespace_service:grpc_request_duration_seconds_count:rate5m",
} as const;

/** Recorded series of each protocol. */
export const protocols = [
  {
    requests: recorded.httpRequests,
    failed: recorded.httpFailed,
    requestsNow: recorded.httpRequestsNow,
    failedNow: recorded.httpFailedNow,
    errorRatio: recorded.httpErrorRatio,
    shortErrorRatio: recorded.httpShortErrorRatio,
    longErrorRatio: recorded.httpLongErrorRatio,
  },
  {
    requests: recorded.grpcRequests,
    failed: recorded.grpcFailed,
    requestsNow: recorded.grpcRequestsNow,
    failedNow: recorded.grpcFailedNow,
    errorRatio: recorded.grpcErrorRatio,
    shortErrorRatio: recorded.grpcShortErrorRatio,
    longErrorRatio: recorded.grpcLongErrorRatio,
  },
];

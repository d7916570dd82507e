const { ObservabilityGuard } = require("@ticketing/observability/policies");

new ObservabilityGuard({
  environment: "dev",
  prometheusRetention: { maxDays: 60 },
});

import { itCollectsLogs } from "./support/collector";
import { startPromtail } from "./support/promtail";

describe("Promtail with the configuration that the chart renders from our values", () => {
  itCollectsLogs(startPromtail);
});

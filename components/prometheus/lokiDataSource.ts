import { Values } from "../../policies/shared/mergeValues";

// Grafana replaces ${…} with an environment variable, and $$ with $.
const traceId = "$${__value.raw}";
const traceField = { name: "trace_id", matcherType: "label", matcherRegex: "trace_id" };

/** Returns the Loki data source in Grafana's provisioning format. */
export function lokiDataSource(url: string, traceUrl: string | undefined): Values {
  return {
    name: "Loki",
    uid: "loki",
    type: "loki",
    access: "proxy",
    url,
    jsonData: {
      // Links from a log line to all lines with the same trace ID, and to the trace itself.
      derivedFields: [
        {
          ...traceField,
          url: `{namespace=~".+"} | trace_id="${traceId}"`,
          datasourceUid: "loki",
          urlDisplayLabel: "Logs of this trace",
        },
        ...(traceUrl !== undefined ? [traceLink(traceUrl)] : []),
      ],
    },
  };
}

function traceLink(traceUrl: string): Values {
  return {
    ...traceField,
    name: "trace",
    url: traceUrl.replace("{traceId}", () => traceId),
    urlDisplayLabel: "This trace",
  };
}

import { secretsOf } from "../../components/secrets/secrets";

export const workspaceArn =
  "arn:aws:aps:us-east-1:123456789012:workspace/ws-1234abcd-12ab-34cd-56ef-1234567890ab";

/** Changes of a shipped stack whose rules a workspace of AWS evaluates. */
export const ampChanges = {
  existingPrometheus: {
    namespace: "observability",
    labels: { release: "agents" },
    ampWorkspaceArn: workspaceArn,
  },
  prometheus: undefined,
  grafana: { externalUrl: "https://grafana.example.com" },
  slack: { channel: "#ticketing-alerts" },
  ...Object.fromEntries(secretsOf("slack").map(({ key }) => [key, undefined])),
};

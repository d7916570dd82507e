import * as assert from "node:assert/strict";
import { secretKeyOfEntry, secrets, withoutSecrets } from "../../../components/secrets/secrets";
import { datadogSchema } from "../../../components/datadog/settings";
import { slackSchema } from "../../../components/slack/settings";
import { configuration } from "../../../preview/config/configuration";
import { fixedResults } from "../../../preview/engine/invokes";
import { loadSettings } from "../../../stacks/config/load";
import { deployMonitoring } from "../../../stacks/monitoring";
import { credentialIn } from "../../../policies/shared/credentials";
import { recordProgram, isSecret } from "../../support/mocks";
import { projectDirectory, shippedConfig } from "../../support/stackConfig";
import { readProjectFile } from "../../../preview/config/projectFiles";

const schemas = { datadog: datadogSchema, slack: slackSchema };
/** The only entry of each map of secrets, and the settings that use it. */
const entries = {
  channel: { name: "#oncall", slack: { channels: { critical: "#oncall" } }, receivers: undefined },
  receiver: { name: "pager", slack: {}, receivers: { pager: { kind: "pagerduty" } } },
};

/** Configuration of the stack dev in which one secret is set, encrypted, and no other. */
function configured(secret: (typeof secrets)[number]) {
  const encrypted = { secure: "AAABAE" };
  const shipped = shippedConfig("dev");
  const slack = {
    ...(shipped["monitoring:slack"] as object),
    ...(secret.mapBy && entries[secret.mapBy].slack),
  };
  const receivers = secret.mapBy && entries[secret.mapBy].receivers;
  const value = secret.mapBy ? { [entries[secret.mapBy].name]: encrypted } : encrypted;
  return configuration({
    project: readProjectFile(projectDirectory),
    files: [
      {
        config: {
          ...shipped,
          "monitoring:slack": slack,
          ...(receivers && { "monitoring:receivers": receivers }),
          [`monitoring:${secret.key}`]: value,
        },
      },
    ],
    settings: [],
  });
}

describe("the secrets of the configuration", () => {
  it("have unique keys, arguments and keys in the Kubernetes Secret", () => {
    for (const field of ["key", "argument", "secretKey", "placeholder"] as const) {
      assert.equal(new Set(secrets.map((secret) => secret[field])).size, secrets.length, field);
    }
  });

  for (const secret of secrets) {
    describe(secret.key, () => {
      const { key, part, argument, mapBy } = secret;
      const name = mapBy ? entries[mapBy].name : "";

      it("is an argument of its component", () => {
        assert.ok(argument in schemas[part].shape);
      });

      it("deploys in a preview with its placeholder, as a secret of the Kubernetes Secret", async () => {
        const { values, secretKeys, unset } = configured(secret);
        assert.ok(secretKeys.includes(`monitoring:${key}`));
        assert.ok(!unset.some((missing) => missing.key === key));
        const answer = fixedResults("us-east-1");
        const { resources } = await recordProgram(
          () => {
            const { settings, secrets: outputs } = loadSettings();
            const flag = mapBy ? { [name]: true } : true;
            assert.deepEqual((settings[part] as Record<string, unknown>)[argument], flag);
            return deployMonitoring(settings, outputs);
          },
          {
            config: values,
            secretConfig: secretKeys,
            call: {
              "aws:eks/getCluster:getCluster": (inputs) =>
                answer({ token: "aws:eks/getCluster:getCluster", inputs }),
            },
          },
        );
        const secretKey = secretKeyOfEntry(secret.secretKey, name);
        const holder = resources.find(
          ({ type, inputs }) =>
            type === "kubernetes:core/v1:Secret" &&
            secretKey in ((inputs["stringData"] ?? {}) as object),
        );
        const data = holder?.inputs["stringData"] as Record<string, string>;
        assert.equal(data[secretKey], secret.placeholder);
        assert.ok(holder && isSecret(holder, "stringData", secretKey));
      });

      it("is recognized as a credential where its form has one", () => {
        if (/slack/i.test(key)) assert.ok(credentialIn(secret.placeholder));
        else assert.match(secret.placeholder, /^([0-9a-f]{32}|[0-9a-f]{40}|https:\/\/\S+)$/);
      });
    });
  }
});

describe("withoutSecrets", () => {
  it("replaces secrets with flags, and removes those that are unset", () => {
    const args = {
      channel: "#a",
      webhookUrl: "x",
      botToken: "",
      webhookUrls: { "#b": "y", "#c": "" },
    };
    assert.deepEqual(withoutSecrets("slack", args), {
      channel: "#a",
      webhookUrl: true,
      webhookUrls: { "#b": true },
    });
  });
});

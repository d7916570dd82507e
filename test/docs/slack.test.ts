import * as assert from "node:assert/strict";
import { parse } from "yaml";
import { secretKeys } from "../../components/slack/secretKeys";
import { isSecretKey } from "../../components/secrets/secrets";
import { parseConfiguration } from "../../stacks/config/parseConfiguration";
import { configuration } from "../support/stackConfig";
import { blocksOf, readPage } from "./markdown";

const page = "docs/slack.md";

describe(page, () => {
  const blocks = blocksOf(page, "yaml").map(({ text }) => text);

  it("has examples", () => assert.ok(blocks.length >= 5));

  for (const yaml of blocks) {
    it(`has valid settings: ${yaml.split("\n")[1]?.trim()}`, () => {
      const {
        "monitoring:slack": slack,
        "monitoring:services": services,
        "monitoring:receivers": receivers,
        ...others
      } = parse(yaml) as Record<string, Record<string, unknown>>;
      assert.deepEqual(others, {});
      const secrets =
        "existingSecret" in (slack ?? {})
          ? { slackWebhookUrl: undefined }
          : { slackWebhookUrl: undefined, slackBotToken: "test-token" };
      const { problems } = parseConfiguration(
        configuration("dev", {
          ...(services && { services }),
          ...(receivers && {
            receivers,
            receiverSecrets: Object.fromEntries(Object.keys(receivers).map((name) => [name, "x"])),
          }),
          ...(slack === undefined ? {} : { slack, ...secrets }),
        }),
      );
      assert.deepEqual(problems, undefined);
    });
  }

  it("names only existing secrets and all keys of the Secret", () => {
    const text = readPage(page);
    for (const [, key] of text.matchAll(/--secret (?:--path ')?monitoring:(\w+)/g)) {
      assert.ok(isSecretKey(key), key);
    }
    for (const key of Object.values(secretKeys)) assert.ok(text.includes(`\`${key}\``), key);
  });
});

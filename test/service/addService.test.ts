import * as assert from "node:assert/strict";
import { parse } from "yaml";
import { addService } from "../../service/addService";
import { shippedText } from "../support/stackConfig";

const service = { name: "checkout", slo: { availabilityPercent: 99.9 } };

function added(text: string): string {
  return addService(text, "monitoring", service);
}

describe("addService", () => {
  for (const stack of ["dev", "prod"] as const) {
    it(`adds only the lines of the service to the file of ${stack}`, () => {
      const before = shippedText(stack);
      assert.equal(
        added(before),
        `${before}    - name: checkout\n      slo:\n        availabilityPercent: 99.9\n`,
      );
    });
  }

  it("keeps comments, blank lines, quotes and indentation", () => {
    const text = `# The team of the shop owns this file.
config:
    "aws:region":   'us-east-1'  # near the users

    monitoring:services:
    # The catalog.
    - {name: catalog,  language: go}   # since 2024

    # Secrets follow.
    monitoring:slackWebhookUrl:
        secure: v1:abc
encryptionsalt: v1:salt
`;
    const item = `    - name: checkout
      slo:
        availabilityPercent: 99.9
`;
    const lines = added(text).split(item);
    assert.equal(lines.length, 2);
    assert.equal(lines.join(""), text);
  });

  const shapes: [what: string, text: string][] = [
    ["without services", "config:\n  aws:region: us-east-1 # near\n  # the end\n"],
    ["with an empty list", "config:\n  monitoring:services: [] # none yet\n  aws:region: x\n"],
    ["with a key without a value", "config:\n  monitoring:services: # none yet\n  aws:region: x\n"],
    ["with a list on one line", "config:\n  monitoring:services: [{ name: a }, { name: b }]\n"],
    ["without a line break at its end", "config:\n  monitoring:services:\n    - name: a"],
    ["with a key without a namespace", "config:\n  services:\n    - name: a\n"],
    [
      "with a text of several lines",
      "config:\n  services:\n    - name: a\n      x: |\n        b\n\n",
    ],
  ];
  for (const [what, text] of shapes) {
    it(`adds a service to a file ${what}`, () => {
      const { config } = parse(added(text));
      const { "monitoring:services": full, services = full } = config;
      assert.deepEqual(services.at(-1), service);
      const [before] = [parse(text).config];
      assert.equal(config["aws:region"], before["aws:region"]);
      for (const comment of text.match(/#.*/g) ?? []) assert.ok(added(text).includes(comment));
    });
  }

  const impossible: [what: string, text: string][] = [
    ["an alias", "config:\n  other: &list [{ name: a }]\n  monitoring:services: *list\n"],
    ["a text", "config:\n  monitoring:services: all\n"],
    ["a configuration on one line", "config: { monitoring:services: [] }\n"],
    ["no configuration", "encryptionsalt: v1:salt\n"],
  ];
  for (const [what, text] of impossible) {
    it(`prints the lines instead for ${what}`, () => {
      assert.throws(
        () => added(text),
        /fix: add these lines to monitoring:services\n\n- name: check/,
      );
    });
  }
});

import * as assert from "node:assert/strict";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { availableAfter, checkInputs } from "../../../components/shared/inputs";
import { check, example } from "../../../components/shared/problems";
import { dnsLabel, input, labels } from "../../../components/shared/schemas";
import { RecordedResource, isSecret, isUnknown, recordProgram } from "../../support/mocks";

const schema = z.strictObject({
  name: input(example(dnsLabel, "shop")),
  other: input(dnsLabel.default("other")),
  labels: input(labels.default({})),
  hosts: input(z.array(input(dnsLabel)).default([])),
  days: z.number().default(15),
  parts: z.array(dnsLabel).default([]),
  map: z.strictObject({ first: dnsLabel, second: dnsLabel.optional() }).optional(),
});
type Settings = z.output<typeof schema>;

const unknown = pulumi.output(pulumi.unknown as string);

/** Registers a component that checks its arguments, and a ConfigMap built from its settings. */
class Example extends pulumi.ComponentResource {
  constructor(args: object, build: (settings: Settings) => Record<string, unknown>) {
    const { fill } = checkInputs("Example", "example", args, (all) => check(schema, all));
    super(
      "test:index:Example",
      "example",
      fill((settings) => settings),
    );
    new kubernetes.core.v1.ConfigMap("map", { data: fill(build) as never }, { parent: this });
  }
}

async function record(
  args: object | (() => object),
  build: (settings: Settings) => Record<string, unknown> = (settings) => settings,
): Promise<{ map: RecordedResource; data: Record<string, any>; example: RecordedResource }> {
  const { resources } = await recordProgram(() => {
    new Example(typeof args === "function" ? args() : args, build);
  });
  const map = resources.find(({ name }) => name === "map");
  const example = resources.find(({ name }) => name === "example");
  assert.ok(map && example);
  return { map, data: map.inputs["data"], example };
}

describe("checkInputs", () => {
  it("registers the same with Outputs and promises as with plain arguments", async () => {
    const build = ({ name, labels, hosts }: Settings) => ({
      text: `https://${name}.example.com/${name.slice(0, 2)}`,
      upper: name.toUpperCase(),
      length: name.length,
      labels: { ...labels, fixed: "yes" },
      hosts: [...hosts, "last"].sort(),
      maps: hosts.map((host) => ({ host, port: 80 })),
    });
    const plain = { name: "shop-b", hosts: ["b", "a"], labels: { team: "checkout" } };
    const expected = await record(plain, build);
    for (const args of [
      {
        name: pulumi.output("shop-b"),
        hosts: ["b", pulumi.output("a")],
        labels: { team: pulumi.output("checkout") },
      },
      {
        name: Promise.resolve("shop-b"),
        hosts: [Promise.resolve("b"), "a"],
        labels: pulumi.output(plain.labels),
      },
    ]) {
      const { length: _length, ...data } = (await record(args, build)).data;
      const { length: _expected, ...rest } = expected.data;
      assert.deepEqual(data, rest);
    }
  });

  it("treats null like an argument that is not set", async () => {
    const { data } = await record({ name: "shop", other: null, labels: null });
    assert.deepEqual([data["other"], data["labels"]], ["other", {}]);
  });

  it("keeps every other value known in a preview", async () => {
    const { map, data } = await record(
      { name: unknown, other: "b" },
      ({ name, other, labels }) => ({
        url: `https://${name}`,
        other,
        labels,
        nested: { other, list: [{ name, port: 80 }], names: [other, name] },
      }),
    );
    assert.ok(isUnknown(map, "data", "url"));
    assert.equal(data["other"], "b");
    assert.deepEqual(data["nested"].list[0].port, 80);
    assert.ok(isUnknown(map, "data", "nested", "list", 0, "name"));
    assert.equal(data["nested"].names, "[unknown]");
  });

  it("keeps a secret argument secret, and nothing else", async () => {
    const { map, example } = await record(
      { name: pulumi.secret("shop"), other: pulumi.output("b") },
      ({ name, other }) => ({ url: `https://${name}`, other }),
    );
    assert.ok(isSecret(map, "data", "url"));
    assert.ok(!isSecret(map, "data", "other"));
    assert.ok(isSecret(example, "name"));
  });

  it("makes each resource depend on the arguments that it uses, and on no others", async () => {
    const { resources } = await recordProgram(() => {
      const name = new kubernetes.core.v1.Namespace("a", { metadata: { name: "a" } });
      const other = new kubernetes.core.v1.Namespace("b", { metadata: { name: "b" } });
      new Example({ name: name.metadata.name, other: other.metadata.name }, (all) => ({
        text: all.name,
      }));
    });
    const map = resources.find((resource) => resource.name === "map");
    const names = map?.options.dependencies.map((urn) => urn.split("::").at(-1));
    assert.deepEqual(names, ["a"]);
  });

  describe("with an invalid argument", () => {
    const plainError = (args: object): Promise<string> =>
      record(args).then(
        () => assert.fail("the arguments are valid"),
        (error: Error) => error.message,
      );

    it("reports all problems when it resolves, with the message of plain arguments", async () => {
      const plain = { name: "-", labels: { team: 1 }, hosts: ["a", "B"] };
      const expected = await plainError(plain);
      assert.match(expected, /3 problems/);
      const outputs = {
        name: pulumi.output("-"),
        labels: pulumi.output({ team: 1 }),
        hosts: [Promise.resolve("a"), pulumi.output("B")],
      };
      assert.equal(await plainError(outputs), expected);
    });

    it("reports what is known at once, and registers nothing", async () => {
      const { resources } = await recordProgram(() => {
        assert.throws(
          () => new Example({ name: unknown, other: "-", days: "1" }, () => ({})),
          /Example "example": 2 problems/,
        );
      });
      assert.deepEqual(resources, []);
    });

    it("registers nothing if another argument is unknown", async () => {
      const registered: string[] = [];
      await assert.rejects(
        recordProgram(() => {
          const example = new Example({ name: unknown, other: pulumi.output("-") }, () => ({}));
          example.urn.apply((urn) => registered.push(urn));
        }),
        /other = "-" must be a DNS label/,
      );
      assert.deepEqual(registered, []);
    });

    it("hides the value of a secret", async () => {
      const message = await plainError({ name: pulumi.secret("not a name") });
      assert.match(message, /name = \[hidden\] must be a DNS label/);
    });

    it("requires a value from an Output, even of an optional argument", async () => {
      for (const nothing of [null, undefined]) {
        const outputs = { other: pulumi.output(nothing), labels: pulumi.output(nothing) };
        const message = await plainError({ name: "a", ...outputs });
        assert.match(message, /2 problems/);
        assert.match(message, /other must have a value, but the Output resolved to nothing/);
        assert.match(message, /labels must have a value, but the Output resolved to nothing/);
      }
    });
  });

  for (const [field, value] of Object.entries({ days: 15, parts: ["a"], map: { first: "a" } })) {
    it(`requires that ${field} is known`, async () => {
      for (const unresolved of [pulumi.output<unknown>(value), Promise.resolve(value)]) {
        await assert.rejects(record({ name: "a", [field]: unresolved }), (error: Error) => {
          assert.match(error.message, /1 problem/);
          assert.match(
            error.message,
            new RegExp(`${field} = an? \\w+ must be known when the program runs`),
          );
          return true;
        });
      }
    });
  }
});

describe("availableAfter", () => {
  it("is known in a preview, and depends on the resource", async () => {
    const { resources } = await recordProgram(() => {
      const first = new kubernetes.core.v1.Namespace("first", {});
      const name = availableAfter(first, "shop");
      new kubernetes.core.v1.Namespace("second", { metadata: { name } });
    });
    const second = resources.find(({ name }) => name === "second");
    assert.equal(second?.inputs["metadata"].name, "shop");
    assert.equal(second?.options.dependencies.length, 1);
  });
});

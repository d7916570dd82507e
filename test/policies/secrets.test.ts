import * as assert from "node:assert/strict";
import { parse, stringify } from "yaml";
import { Path, PlainMap, isMap, setAt } from "../../policies/facts/plain";
import { Resource } from "../../policies/facts/resource";
import { policyDescriptions } from "../../policies/index";
import { AnyPolicy } from "../../policies/engine/policy";
import { violationText } from "../../policies/engine/violation";
import { fake } from "./fakes";
import { judge } from "./subjects";
import { violating } from "./violating";

/**
 * The names that messages quote, so that a reader finds the resource. The cluster and the
 * engine show them to every user. The SDK passes values to policies without their secret mark, so
 * the field decides, never the value. A name that looks like a credential is redacted as well.
 */
const names: RegExp[] = [
  / metadata\.(name|namespace)$/,
  // Releases of Helm, and the host of a repository.
  /helm\.sh\S+ (name|repositoryOpts\.repo)$/,
  /PrometheusRule spec\.groups\.\d+\.(name|rules\.\d+\.(alert|record))$/,
  // A service is called by the label that selects it, and a selector is a label that is missing.
  /ServiceMonitor spec\.selector\.matchLabels\.app$/,
  /\.ruleSelector\.matchLabels\.\w+$/,
  // Whom an alert reaches: a receiver, by labels; and the Secret that says so.
  /alertmanager\.yaml\.route(\.routes\.\d+)?\.(receiver|matchers\.\d+)$/,
  /\.configSecret$/,
  // Statements and policies of AWS.
  /policy\.Statement\.\d+\.Sid$/,
  / policyArn$/,
];
/** The name of a series is the only thing that an expression may tell. */
const expression = /PrometheusRule .*\.expr$/;

interface Leaf {
  path: Path;
  text: string;
  /** The same properties with another text there. */
  with: (text: string) => PlainMap;
}

/** Every text of a resource, also in documents that are texts themselves. */
function leaves(props: PlainMap): Leaf[] {
  const found: Leaf[] = [];
  const walk = (value: unknown, path: Path, put: (text: unknown) => PlainMap): void => {
    if (typeof value === "string") {
      const [document, write] = documentIn(value);
      found.push({ path, text: value, with: put });
      if (document !== undefined) {
        walkInto(document, path, (inner) => put(write(inner)));
      }
    } else walkInto(value, path, put);
  };
  const walkInto = (value: unknown, path: Path, put: (value: unknown) => PlainMap): void => {
    const items = Array.isArray(value)
      ? value.entries()
      : isMap(value)
        ? Object.entries(value)
        : [];
    for (const [key, item] of items as Iterable<[string | number, unknown]>) {
      walk(item, [...path, key], (text) => {
        const copy = structuredClone(value) as PlainMap;
        setAt(copy, [key], text);
        return put(copy);
      });
    }
  };
  walkInto(props, [], (value) => value as PlainMap);
  return found;
}

function documentIn(text: string): [document: unknown, write: (value: unknown) => string] {
  if (text.startsWith('{"')) return [JSON.parse(text), JSON.stringify];
  if (text.includes("\n") && text.includes(": ")) return [parse(text), (value) => stringify(value)];
  return [undefined, String];
}

/** Credentials with a recognizable form. */
const { awsSecret, hex32: _key, hex40, ...recognised } = fake;
/** Credentials in the form of a name. */
const words = ["hunter2secret", awsSecret, hex40];

/** The text replaced by the secret, and with the secret in each value inside it. */
function planted(text: string, secret: string): string[] {
  const literals = [...text.matchAll(/"[^"]*"/g)].map(
    ({ 0: literal, index }) =>
      `${text.slice(0, index)}"${secret}"${text.slice(index + literal.length)}`,
  );
  return [secret, `${text} ${secret}`, ...literals];
}

/** The secrets that may not come out again when they are put into a field, with the texts to put. */
function plants({ path, text }: Leaf, type: string): [secret: string, text: string][] {
  const where = `${type} ${path.join(".")}`;
  const isName = names.some((name) => name.test(where));
  return [...words, ...Object.values(recognised)].flatMap((secret) => {
    const isWord = words.includes(secret);
    if (isWord && isName) return [];
    // Into a text once in clear and once in the form of a credential; into a document by its fields.
    const thorough = secret === words[0] || secret === recognised.slackWebhook;
    const texts = thorough && documentIn(text)[0] === undefined ? planted(text, secret) : [secret];
    return texts
      .filter((one) => !(isWord && expression.test(where) && one === secret))
      .map((one): [string, string] => [secret, one]);
  });
}

const policies = (policyDescriptions() as AnyPolicy[]).filter(({ scope }) => scope !== "report");

describe("a secret in any field", () => {
  it("is planted in a subject that violates each policy", () => {
    assert.deepEqual(Object.keys(violating).sort(), policies.map(({ name }) => name).sort());
  });

  for (const policy of policies) {
    it(`is not in a message of ${policy.name}`, () => {
      for (const subjects of violating[policy.name] ?? []) {
        const list = [subjects].flat();
        const said = (changed: Resource[]): string =>
          judge(policy, policy.scope === "stack" ? changed : (changed[0] as Resource))
            .violations.map((violation) => violationText(violation))
            .join("\n");
        assert.notEqual(said(list), "", JSON.stringify(list));
        list.forEach((one, index) => {
          for (const leaf of leaves(one.props as PlainMap)) {
            for (const [secret, text] of plants(leaf, one.type)) {
              const changed = list.with(index, { ...one, props: leaf.with(text) });
              const message = said(changed);
              assert.ok(!message.includes(secret), `${leaf.path.join(".")}: ${text}\n${message}`);
            }
          }
        });
      }
    });
  }
});

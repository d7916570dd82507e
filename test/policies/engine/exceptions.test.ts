import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import * as assert from "node:assert/strict";
import { alertFor } from "../../../policies/alerts/alertFor";
import { duplicateRules } from "../../../policies/alerts/duplicateRules";
import {
  ExceptionsConfig,
  Subject,
  exceptionsFor,
  isConcerned,
} from "../../../policies/engine/exceptions";
import { observabilityPolicies, policyDescriptions } from "../../../policies/index";
import { Journal, appliedExceptions } from "../../../policies/engine/journal";
import { PlainMap, UNKNOWN, at, listAt } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { sdkPolicy } from "../../../policies/engine/sdkPolicy";
import { requiredAlerts } from "../../../policies/alerts/requiredAlerts";
import { fake } from "../fakes";
import { prometheusRelease, prometheusRule, serviceMonitor } from "../subjects";

const today = new Date("2026-06-15T23:59:59Z");
const policies = ["alert-for", "alert-severity", "duplicate-rules", "required-alerts"];

function subject(annotation?: unknown): Subject {
  return {
    name: "rules",
    urn: "urn:pulumi:dev::p::t::rules",
    metadata: { name: "shop-rules", annotations: { "observability.policy/except": annotation } },
  };
}

function said(annotation: unknown, policy = "alert-for", config: ExceptionsConfig = {}) {
  const names = ["HighLatency", "job:errors:ratio"];
  const { covering, violations } = exceptionsFor(
    { ...subject(annotation), rules: () => names },
    policy,
    config,
    { policies, now: () => today },
  );
  const excepted = covering() !== undefined;
  const rules = names.filter((name) => covering(name)?.rule === name);
  const found = { excepted, problems: violations.map(({ problem }) => problem) };
  return rules.length > 0 ? { ...found, rules } : found;
}

describe("policies/exceptions", () => {
  describe("by annotation", () => {
    for (const annotation of [
      "alert-for: the exporter flaps until its rewrite; until 2026-12-31",
      "  alert-for:flaps;until 2026-06-15  ",
      "alert-severity: other; until 2026-07-01\n\nalert-for: flaps; until 2026-07-01\n",
      "alert-for: flaps; see OPS-12; until 2027-06-16",
    ]) {
      it(`accepts ${JSON.stringify(annotation)}`, () =>
        assert.deepEqual(said(annotation), { excepted: true, problems: [] }));
    }

    for (const [annotation, problem] of [
      ["alert-for: flaps; until 2026-06-14", "the exception from alert-for has expired"],
      ["alert-for: ; until 2026-12-31", "the exception from alert-for has no reason"],
      ["alert-for: -; until 2026-12-31", "the exception from alert-for has no reason"],
      ["alert-for; until 2026-12-31", "the exception from alert-for has no reason"],
      ["alert-for: flaps", "the exception from alert-for has no end date"],
      ["alert-for", "the exception from alert-for has no reason"],
      ["alert-for: x y; until soon", "the exception from alert-for has no reason"],
      ["alert-for: flaps; until soon", "the exception from alert-for has no end date"],
      ["alert-for: flaps; until 2026-02-30", "the exception from alert-for has no end date"],
      [
        "alert-for: flaps; until 2027-06-17",
        "the exception from alert-for lasts more than 366 days",
      ],
      ["alert-fro: flaps; until 2026-12-31", "the exception names a policy that does not exist"],
      ["flaps", "the exception names a policy that does not exist"],
    ] as const) {
      it(`refuses ${JSON.stringify(annotation)}`, () => {
        const answers = policies.map((policy) => said(annotation, policy));
        assert.ok(answers.every(({ excepted }) => !excepted));
        // Said by one policy, not by each of them.
        assert.deepEqual(
          answers.flatMap(({ problems }) => problems),
          [problem],
        );
      });
    }

    for (const [annotation, rules] of [
      ["alert-for/HighLatency: flaps; until 2026-12-31", ["HighLatency"]],
      ["alert-for/HighLatency:flaps; until 2026-12-31", undefined],
      ["alert-for/job:errors:ratio: flaps; until 2026-12-31", ["job:errors:ratio"]],
      [
        "alert-for/HighLatency: two runs; until 2026-07-01\nalert-for/job:errors:ratio: one run; until 2026-07-01",
        ["HighLatency", "job:errors:ratio"],
      ],
    ] as const) {
      it(`excepts ${rules?.join(" and ") ?? "nothing"} by ${JSON.stringify(annotation)}`, () => {
        const problems =
          rules === undefined
            ? ["the exception from alert-for names a rule that does not exist"]
            : [];
        assert.deepEqual(said(annotation), {
          excepted: false,
          problems,
          ...(rules === undefined ? {} : { rules }),
        });
      });
    }

    for (const [annotation, problem] of [
      [
        "alert-for/HighLatency: two runs; until 2026-06-14",
        "the exception from alert-for has expired",
      ],
      ["alert-for/HighLatency; until 2026-12-31", "the exception from alert-for has no reason"],
      [
        "alert-for/HighLatencie: two runs; until 2026-12-31",
        "the exception from alert-for names a rule that does not exist",
      ],
      [
        "alert-fro/HighLatency: two runs; until 2026-12-31",
        "the exception names a policy that does not exist",
      ],
    ] as const) {
      it(`refuses ${JSON.stringify(annotation)}`, () =>
        assert.deepEqual(said(annotation), { excepted: false, problems: [problem] }));
    }

    describe("under the rules of the configuration", () => {
      const line = "alert-for: flaps; until 2026-07-15";
      const rule = "alert-for/HighLatency: flaps; until 2026-07-15";
      for (const [config, annotation, problem] of [
        [
          { annotations: "forbidden" },
          line,
          "annotations cannot declare exceptions from alert-for",
        ],
        [
          { annotations: "forbidden" },
          rule,
          "annotations cannot declare exceptions from alert-for",
        ],
        [
          { annotations: "approved" },
          line,
          "the exception from alert-for is not among its approvedExceptions",
        ],
        [
          { annotations: "approved", approvedExceptions: ["other", "shop-rules/Other"] },
          rule,
          "the exception from alert-for is not among its approvedExceptions",
        ],
        [
          { annotations: "approved", approvedExceptions: ["shop-rules/HighLatency"] },
          line,
          "the exception from alert-for is not among its approvedExceptions",
        ],
        [{ maxExceptionDays: 29 }, line, "the exception from alert-for lasts more than 29 days"],
        [{ maxExceptionDays: 30 }, line, undefined],
        [{ annotations: "approved", approvedExceptions: ["shop-*"] }, line, undefined],
        [
          { annotations: "approved", approvedExceptions: ["shop-rules/HighLatency"] },
          rule,
          undefined,
        ],
      ] as [ExceptionsConfig, string, string | undefined][]) {
        it(`${problem === undefined ? "accepts" : "refuses"} ${annotation} with ${JSON.stringify(config)}`, () =>
          assert.deepEqual(
            said(annotation, "alert-for", config).problems,
            problem === undefined ? [] : [problem],
          ));
      }

      it("forbids annotations for credentials and delivery by default", () => {
        const forbidden = (policyDescriptions() as { name: string; annotations?: string }[])
          .filter(({ annotations }) => annotations === "forbidden")
          .map(({ name }) => name);
        assert.deepEqual(forbidden, [
          "rules-are-loaded",
          "watchdog-routed",
          "severities-delivered",
          "inhibition",
          "no-plaintext-credentials",
        ]);
        const defaults = observabilityPolicies()
          .filter(
            (policy) => policy.configSchema?.properties["annotations"]?.default === "forbidden",
          )
          .map(({ name }) => name);
        assert.deepEqual(defaults, forbidden);
      });
    });

    it("accepts any rule name while the rules are unknown", () => {
      const { covering, violations } = exceptionsFor(
        { ...subject("alert-for/Other: two runs; until 2026-12-31"), rules: () => undefined },
        "alert-for",
        {},
        { policies, now: () => today },
      );
      assert.deepEqual([covering("Other")?.rule, violations], ["Other", []]);
    });

    it("does not affect other policies", () => {
      const other = said("alert-severity: flaps; until 2026-12-31");
      assert.deepEqual(other, { excepted: false, problems: [] });
      for (const annotation of [undefined, UNKNOWN, 1]) {
        assert.deepEqual(said(annotation), { excepted: false, problems: [] });
      }
    });

    it("does not quote the reason, which may contain a secret", () => {
      const { violations } = exceptionsFor(
        subject(`alert-for: ${fake.slackWebhook}; until 2020-01-01`),
        "alert-for",
        {},
        { policies, now: () => today },
      );
      assert.equal(violations.length, 1);
      assert.ok(!JSON.stringify(violations).includes("hooks"));
    });
  });

  describe("by configuration", () => {
    for (const [pattern, expected] of [
      ["rules", true],
      ["shop-rules", true],
      ["shop-*", true],
      ["*::rules", true],
      ["urn:pulumi:dev::*", true],
      ["urn:pulumi:prod::*", false],
      ["rule", false],
      ["rule.", false],
    ] as const) {
      it(`${expected ? "finds" : "does not find"} ${pattern}`, () => {
        assert.equal(isConcerned(subject(), { includeFor: [pattern] }), expected);
        assert.equal(isConcerned(subject(), { excludeFor: [pattern] }), !expected);
      });
    }

    it("judges every resource by default, and applies excludeFor after includeFor", () => {
      assert.ok(isConcerned(subject(), {}));
      assert.ok(!isConcerned(subject(), { includeFor: [] }));
      assert.ok(!isConcerned(subject(), { includeFor: ["*"], excludeFor: ["rules"] }));
    });
  });

  describe("in a policy as the SDK runs it", () => {
    const journal = new Journal();
    const context = { policies, now: () => today, journal };
    const rules = (annotations: PlainMap = {}): Resource => {
      const { props, ...rest } = prometheusRule([
        { alert: "A", expr: "x > 1", labels: { severity: "critical" } },
      ]);
      const metadata = { name: "shop-rules", annotations };
      return { ...rest, props: { ...(props as PlainMap), metadata } };
    };
    const holding = { "observability.policy/except": "alert-for: flaps; until 2026-12-31" };
    const expired = { "observability.policy/except": "alert-for: flaps; until 2026-01-01" };

    async function judged(resource: Resource, config: object = {}): Promise<string[]> {
      const messages: string[] = [];
      const policy = sdkPolicy(alertFor, context) as ResourceValidationPolicy;
      const validate = policy.validateResource as (args: unknown, report: unknown) => Promise<void>;
      await validate({ ...resource, getConfig: () => config }, (message: string) =>
        messages.push(message.split("\n")[0] ?? ""),
      );
      return messages;
    }

    it("excepts an annotated object until the date has passed", async () => {
      assert.deepEqual(await judged(rules()), ["`for` is 0 or not set"]);
      assert.deepEqual(await judged(rules(holding)), []);
      assert.deepEqual(await judged(rules(expired)), [
        "the exception from alert-for has expired",
        "`for` is 0 or not set",
      ]);
    });

    it("records each exception that suppresses a violation, and no other", async () => {
      journal.takeExceptions();
      const owned = {
        "observability.policy/except": "alert-for: flaps; owner team-a; until 2026-12-31",
      };
      await judged(rules(owned));
      await judged(rules(holding), { excludeFor: ["shop-rules"] });
      const { props, ...rest } = prometheusRule([{ alert: "A", expr: "x > 1", for: "5m" }]);
      const metadata = { name: "sound-rules", annotations: holding };
      await judged({ ...rest, props: { ...(props as PlainMap), metadata } });
      assert.deepEqual(
        journal.takeExceptions().map(({ reason, owner, until }) => [reason, owner, until]),
        [
          ["flaps", "team-a", "2026-12-31"],
          [
            "excluded by the policy configuration",
            "the owner of the policy configuration",
            "removed from the policy configuration",
          ],
        ],
      );
      assert.deepEqual(journal.takeExceptions(), []);
    });

    it("redacts what looks like a credential in a reason", () => {
      journal.except({
        policy: "alert-for",
        urn: "u",
        resource: 'PrometheusRule "rules"',
        reason: fake.slackWebhook,
        owner: "not stated",
        until: "2026-12-31",
      });
      const [entry] = appliedExceptions.entries(journal, []);
      assert.match(entry?.text ?? "", /reason: \S*\[redacted\]\n/);
    });

    it("names a resource whose exceptions cannot be read, and judges the others", async () => {
      const fail = () => {
        throw new TypeError("x is not a function");
      };
      const props = new Proxy({}, { ownKeys: fail, getOwnPropertyDescriptor: fail });
      const messages = await judged({ ...rules(), props });
      assert.deepEqual(messages, [
        'could not be evaluated: PrometheusRule "rules": x is not a function',
      ]);
    });

    it("finds an expired exception on an object that the policy does not judge", async () => {
      const monitor = serviceMonitor("x");
      const metadata = { name: "x", annotations: expired };
      const messages = await judged({ ...monitor, props: { metadata } });
      assert.deepEqual(messages, ["the exception from alert-for has expired"]);
    });

    it("excepts resources that the configuration names", async () => {
      assert.deepEqual(await judged(rules(), { excludeFor: ["shop-*"] }), []);
      assert.deepEqual(await judged(rules(), { includeFor: ["other"] }), []);
      assert.equal((await judged(rules(), { includeFor: ["shop-rules"] })).length, 1);
    });

    it("excepts resources from remediation", async () => {
      const policy = sdkPolicy(alertFor, context) as ResourceValidationPolicy;
      const remediate = policy.remediateResource as (args: unknown) => Promise<unknown>;
      const remedied = (resource: Resource) =>
        remediate({ ...resource, getConfig: () => ({}) }).then((props) => props !== undefined);
      assert.equal(await remedied(rules()), true);
      assert.equal(await remedied(rules(holding)), false);
      assert.equal(await remedied(rules(expired)), true);
    });

    const two = (line: string): Resource => {
      const { props, ...rest } = prometheusRule([
        { alert: "A", expr: "x > 1", labels: { severity: "critical" } },
        { alert: "B", expr: "x > 1", labels: { severity: "critical" } },
      ]);
      const metadata = { name: "shop-rules", annotations: { "observability.policy/except": line } };
      return { ...rest, props: { ...(props as PlainMap), metadata } };
    };

    it("excepts a single rule, by annotation and by configuration", async () => {
      assert.equal((await judged(two(""))).length, 2);
      assert.equal((await judged(two("alert-for/A: flaps; until 2026-12-31"))).length, 1);
      assert.equal((await judged(two(""), { excludeFor: ["shop-rules/B"] })).length, 1);
      assert.equal((await judged(two(""), { excludeFor: ["shop-*/*"] })).length, 0);
      assert.deepEqual(await judged(two("alert-for/C: flaps; until 2026-12-31")), [
        "the exception from alert-for names a rule that does not exist",
        "`for` is 0 or not set",
        "`for` is 0 or not set",
      ]);
    });

    it("remediates the other rules", async () => {
      const policy = sdkPolicy(alertFor, context) as ResourceValidationPolicy;
      const remediate = policy.remediateResource as (args: unknown) => Promise<unknown>;
      const subjects = two("alert-for/A: flaps; until 2026-12-31");
      await remediate({ ...subjects, getConfig: () => ({}) });
      const rules = listAt(subjects.props, "spec", "groups", 0, "rules");
      assert.deepEqual(
        rules.map((rule) => at(rule, "for")),
        [undefined, "1m"],
      );
    });

    it("excepts one rule from a policy on the stack", async () => {
      const judgedStack = async (line: string) => {
        const messages: string[] = [];
        const policy = sdkPolicy(duplicateRules, context) as StackValidationPolicy;
        const original = { ...two(""), urn: "urn:pulumi:dev::p::t::original" };
        const args = { resources: [original, two(line)], getConfig: () => ({}) };
        await policy.validateStack(args as never, (message: string) => messages.push(message));
        return messages.length;
      };
      assert.equal(await judgedStack(""), 2);
      assert.equal(await judgedStack("duplicate-rules/A: moving; until 2026-12-31"), 1);
    });

    it("excepts the resource of a violation from a stack policy", async () => {
      const judgedStack = async (annotation: string, config: object = {}) => {
        const messages: string[] = [];
        const monitor = serviceMonitor("inventory");
        const metadata = {
          name: "inventory",
          annotations: { "observability.policy/except": annotation },
        };
        const policy = sdkPolicy(requiredAlerts, context) as StackValidationPolicy;
        await policy.validateStack(
          {
            resources: [
              { ...monitor, props: { ...(monitor.props as PlainMap), metadata } },
              prometheusRelease("15d"),
            ],
            getConfig: () => config,
          } as never,
          (message: string) => messages.push(message.split("\n")[0] ?? ""),
        );
        return messages;
      };
      assert.match((await judgedStack(""))[0] ?? "", /^inventory has no alert on/);
      assert.deepEqual(await judgedStack("required-alerts: a batch job; until 2026-12-31"), []);
      assert.deepEqual(await judgedStack("", { excludeFor: ["inventory"] }), []);
      assert.equal((await judgedStack("required-alerts: a batch job; until 2026-01-01")).length, 2);
    });
  });
});

import { differences, keysOf, shown } from "./differences";
import type { PreviewState } from "./state";

export type PolicyChange = {
  policy: string;
  change: string;
};

/**
 * Returns the policies whose level or configuration differs, and the violations and exceptions that were
 * added or removed.
 */
export function policyChanges(before: PreviewState, after: PreviewState): PolicyChange[] {
  const byName = ({ policy }: PreviewState) =>
    new Map(policy.policies.map(({ name, level, settings }) => [name, { level, ...settings }]));
  const [old, current] = [byName(before), byName(after)];
  const isNewStack = old.size === 0;
  const configured = isNewStack
    ? []
    : keysOf(old, current).flatMap((policy): PolicyChange[] => {
        const [was, is] = [old.get(policy), current.get(policy)];
        if (was === undefined) return [{ policy, change: `added, ${is!.level}` }];
        if (is === undefined) return [{ policy, change: "removed" }];
        return differences(was, is).map(({ path, before, after }) => ({
          policy,
          change: `${path} ${shown(before)} → ${shown(after)}`,
        }));
      });
  return [
    ...configured,
    ...texts(violationsOf(before), violationsOf(after), "violation"),
    ...texts(exceptionsOf(before), exceptionsOf(after), "exception"),
  ];
}

type Text = PolicyChange;

function texts(before: Text[], after: Text[], noun: "violation" | "exception"): PolicyChange[] {
  const isIn = (others: Text[], { policy, change }: Text): boolean =>
    others.some((other) => other.policy === policy && other.change === change);
  const labeled = (word: string, { policy, change }: Text): PolicyChange => ({
    policy,
    change: `${word} ${noun}: ${change}`,
  });
  return [
    // An unchanged violation fails the preview, just like a new one.
    ...after.flatMap((text) => {
      if (isIn(before, text)) return noun === "violation" ? [labeled("unchanged", text)] : [];
      return [labeled("new", text)];
    }),
    ...before.filter((text) => !isIn(after, text)).map((text) => labeled("resolved", text)),
  ];
}

function violationsOf({ policy }: PreviewState): Text[] {
  return policy.violations.map(({ policy, message }) => ({ policy, change: message }));
}

function exceptionsOf({ policy }: PreviewState): Text[] {
  return policy.exceptions.map(({ message, details }) => ({
    policy: details["policy"] ?? "",
    change: message,
  }));
}

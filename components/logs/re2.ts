import type * as re2js from "re2js";

/**
 * Returns the reason that RE2 rejects an expression, or undefined if RE2 accepts it. The log collectors
 * and the Datadog Agent compile expressions with RE2.
 */
export function re2Problem(expression: string): string | undefined {
  const { RE2JS, RE2JSSyntaxException } = engine();
  try {
    RE2JS.compile(expression);
    return undefined;
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    return `must be a valid RE2 expression: ${error.message.replace(/^error parsing regexp: /, "")}`;
  }
}

/** Returns the number of capturing groups in a valid RE2 expression. */
export function capturingGroups(expression: string): number {
  return engine().RE2JS.compile(expression).groupCount();
}

/** Whether a valid RE2 expression matches the empty string. */
export function matchesEmptyText(expression: string): boolean {
  return engine().RE2JS.compile(expression).matcher("").find();
}

/** Loads the engine lazily, because only custom patterns need it. */
function engine(): typeof re2js {
  return require("re2js") as typeof re2js;
}

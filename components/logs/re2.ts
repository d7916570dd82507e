import type * as re2js from "re2js";

/**
 * What makes an expression one that RE2 refuses, which the log collectors and the Datadog Agent
 * compile it with; undefined when it takes it.
 */
export function re2Problem(expression: string): string | undefined {
  const { RE2JS, RE2JSSyntaxException } = engine();
  try {
    RE2JS.compile(expression);
    return undefined;
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    return `is refused by RE2: ${error.message.replace(/^error parsing regexp: /, "")}`;
  }
}

/** How many groups of an expression capture; only for one that RE2 takes. */
export function capturingGroups(expression: string): number {
  return engine().RE2JS.compile(expression).groupCount();
}

/** Whether an expression finds something in a text with nothing in it; only for one that RE2 takes. */
export function matchesEmptyText(expression: string): boolean {
  return engine().RE2JS.compile(expression).matcher("").find();
}

/** Loaded only where somebody has patterns of their own. */
function engine(): typeof re2js {
  return require("re2js") as typeof re2js;
}

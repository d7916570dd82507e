import { compare } from "./compare";
import type { BacktestOptions } from "../backtest/backtest";
import { markdown } from "./markdown";
import { previewRevision } from "./revision";
import { noState, type PreviewState } from "./state";

export { readState } from "./state";

/** The text and the document of a comparison with the stack at another revision of the repository. */
export async function compareWith(
  directory: string,
  revision: string,
  current: { stack: string; state: PreviewState; verdict: string },
  options?: BacktestOptions,
) {
  const { stack, state, verdict } = current;
  const base = await previewRevision(directory, revision, stack);
  const before = base.state ?? noState;
  const changes = compare(before, state);
  const tested = options && (await backtested(before, state, options));
  const since = `since ${revision} (${base.commit.slice(0, 7)})`;
  const heading = base.state === undefined ? `New stack ${stack}` : `Changes to ${stack}`;
  return {
    text: () => markdown(`${heading} ${since}`, changes, verdict, tested?.sections),
    json: () => ({
      stack,
      against: { revision, commit: base.commit },
      changes,
      ...(tested && { backtest: tested.json }),
      verdict,
    }),
  };
}

async function backtested(before: PreviewState, after: PreviewState, options: BacktestOptions) {
  const { backtest } = require("../backtest/backtest") as typeof import("../backtest/backtest");
  const { backtestJson, backtestSections } =
    require("../backtest/report") as typeof import("../backtest/report");
  const result = await backtest(before, after, options);
  return { sections: backtestSections(result), json: backtestJson(result) };
}

import { deepEqual, equal, throws } from "node:assert/strict";
import { parseArguments } from "../../../preview/config/arguments";
import { UsageError } from "../../../preview/config/errors";

const backtestOf = (...args: string[]) => parseArguments(["--stack", "prod", ...args])?.backtest;

describe("--backtest", () => {
  const against = ["--against", "main"];

  it("evaluates the last 30 days by default", () => {
    equal(backtestOf(...against), undefined);
    deepEqual(backtestOf(...against, "--backtest", "data"), { source: "data", days: 30 });
    deepEqual(backtestOf(...against, "--backtest", "data", "--backtest-days", "7"), {
      source: "data",
      days: 7,
    });
  });

  it("names what is missing or wrong", () => {
    const rejects = (args: string[], message: RegExp) =>
      throws(
        () => backtestOf(...args),
        (error) => error instanceof UsageError && message.test(error.message),
      );
    rejects(["--backtest", "data"], /^--backtest requires --against <revision>/);
    rejects([...against, "--backtest-days", "7"], /^--backtest-days requires --backtest <source>$/);
    for (const days of ["0", "1.5", "week"]) {
      rejects(
        [...against, "--backtest", "data", "--backtest-days", days],
        /^--backtest-days = ".*" must be a whole number of days, at least 1$/,
      );
    }
  });
});

describe("--charts", () => {
  it("requires a revision to compare with", () => {
    const charts = ["--stack", "prod", "--charts", "charts"];
    equal(parseArguments([...charts, "--against", "main"])?.charts, "charts");
    throws(() => parseArguments(charts), /--charts requires --against <revision>/);
  });
});

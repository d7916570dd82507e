import * as assert from "node:assert/strict";
import { type Question, askFor, questions, withAnswer } from "../../service/questions";

describe("questions of service add", () => {
  const byFlag = (flag: string): Question => {
    const question = questions().find((candidate) => candidate.flag === flag);
    assert.ok(question !== undefined);
    return question;
  };

  it("each have a flag, and the words of the documentation", () => {
    assert.deepEqual(byFlag("availability-percent"), {
      path: ["slo", "availabilityPercent"],
      flag: "availability-percent",
      meaning: "Percentage of requests that must succeed.",
      values: "number, more than 0, less than 100",
      default: "none",
    });
    assert.equal(new Set(questions().map(({ flag }) => flag)).size, questions().length);
  });

  it("turn answers into settings of the right type, and empty answers into none", () => {
    const service = withAnswer({ name: "a" }, byFlag("availability-percent"), "99.9");
    assert.deepEqual(service, { name: "a", slo: { availabilityPercent: 99.9 } });
    assert.deepEqual(withAnswer({ name: "a" }, byFlag("port"), ""), { name: "a" });
  });

  it("are repeated until the answer is valid", async () => {
    const answers = ["rust", " go "];
    const service = await askFor(
      { name: "a" },
      [byFlag("language")],
      () => Promise.resolve(answers.shift()),
      ({ language }) => (language === "go" ? undefined : "must be go"),
    );
    assert.deepEqual(service, { name: "a", language: "go" });
    assert.equal(answers.length, 0);
  });

  it("write nothing if the input ends", async () => {
    await assert.rejects(
      askFor(
        { name: "a" },
        [byFlag("port")],
        () => Promise.resolve(undefined),
        () => undefined,
      ),
      /the input ended; nothing was written/,
    );
  });
});

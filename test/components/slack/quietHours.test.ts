import * as assert from "node:assert/strict";
import { quietHours } from "../../../components/slack/quietHours";

const timezone = "Asia/Seoul";
const location = timezone;

describe("quietHours", () => {
  it("splits a night at midnight, as Alertmanager requires", () => {
    assert.deepEqual(
      quietHours({ from: "22:00", to: "07:00", timezone, weekends: false, holidays: [] }),
      [
        {
          times: [
            { start_time: "22:00", end_time: "24:00" },
            { start_time: "00:00", end_time: "07:00" },
          ],
          location,
        },
      ],
    );
  });

  it("renders hours within a day as one range", () => {
    const [{ times } = {}] = quietHours({
      from: "01:00",
      to: "06:30",
      timezone,
      weekends: false,
      holidays: [],
    });
    assert.deepEqual(times, [{ start_time: "01:00", end_time: "06:30" }]);
  });

  it("has no empty second range if it ends at midnight", () => {
    const [{ times } = {}] = quietHours({
      from: "20:00",
      to: "00:00",
      timezone,
      weekends: false,
      holidays: [],
    });
    assert.deepEqual(times, [{ start_time: "20:00", end_time: "24:00" }]);
  });

  it("mutes whole weekends on request, in the same time zone", () => {
    const [, weekend] = quietHours({
      from: "22:00",
      to: "07:00",
      timezone,
      weekends: true,
      holidays: [],
    });
    assert.deepEqual(weekend, { weekdays: ["saturday", "sunday"], location });
  });

  it("cover whole days on holidays", () => {
    const [, ...days] = quietHours({
      from: "22:00",
      to: "23:00",
      timezone: "UTC",
      weekends: false,
      holidays: ["2026-12-25", "2027-01-01"],
    });
    const location = "UTC";
    assert.deepEqual(days, [
      { years: ["2026"], months: ["12"], days_of_month: ["25"], location },
      { years: ["2027"], months: ["1"], days_of_month: ["1"], location },
    ]);
  });
});

import { QuietHoursSettings } from "./settings";

interface TimeInterval {
  times?: { start_time: string; end_time: string }[];
  weekdays?: string[];
  days_of_month?: string[];
  months?: string[];
  years?: string[];
  location: string;
}

/**
 * Returns the quiet hours as Alertmanager time intervals. A range that crosses midnight becomes two
 * ranges.
 */
export function quietHours({
  from,
  to,
  timezone,
  weekends,
  holidays,
}: QuietHoursSettings): TimeInterval[] {
  const location = timezone;
  const range = (start_time: string, end_time: string) => ({ start_time, end_time });
  const times =
    from < to
      ? [range(from, to)]
      : [range(from, "24:00"), ...(to === "00:00" ? [] : [range("00:00", to)])];
  return [
    { times, location },
    ...(weekends ? [{ weekdays: ["saturday", "sunday"], location }] : []),
    ...holidays.map((date) => {
      const [year = "", month = "", day = ""] = date.split("-").map((part) => String(Number(part)));
      return { years: [year], months: [month], days_of_month: [day], location };
    }),
  ];
}

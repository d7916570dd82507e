import { QuietHoursSettings } from "./settings";

interface TimeInterval {
  times?: { start_time: string; end_time: string }[];
  weekdays?: string[];
  location: string;
}

/** Quiet hours the way Alertmanager writes them: its days end at midnight, ours need not. */
export function quietHours({ from, to, timezone, weekends }: QuietHoursSettings): TimeInterval[] {
  const location = timezone;
  const span = (start_time: string, end_time: string) => ({ start_time, end_time });
  const times =
    from < to
      ? [span(from, to)]
      : [span(from, "24:00"), ...(to === "00:00" ? [] : [span("00:00", to)])];
  return [
    { times, location },
    ...(weekends ? [{ weekdays: ["saturday", "sunday"], location }] : []),
  ];
}

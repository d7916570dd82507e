import { groupBy } from "../../components/shared/groupBy";
import { count } from "../output/count";
import { firstOf } from "../output/firstOf";
import { table } from "../compare/markdown";
import { keysOf } from "../compare/differences";
import {
  type AlertEpisode,
  type AlertResult,
  type Backtest,
  type Side,
  type Span,
  labelsKey,
  perWeek,
} from "./result";

const MAX_EPISODES = 20;
/** Maximum number of services or metrics in a table cell. */
const MAX_NAMES = 8;

/** Returns the Markdown sections about a backtest. */
export function backtestSections(result: Backtest): string[] {
  const { judged, alerts, notifications } = result;
  if (alerts.length === 0) return ["### Backtest\n\nNo alerting rule changed."];
  const rows = alerts.map((each) => alertRow(each, judged));
  const sections = [`### Backtest\n\n${spanText(result)}\n\n${table(rows)}`];
  if (judged !== undefined && notifications.length > 0) {
    const weekly = notifications.map(({ severity, before, after }) => ({
      notifications: severity,
      "before (per week)": String(perWeek(before, judged)),
      "after (per week)": String(perWeek(after, judged)),
    }));
    sections.push(table(weekly));
  }
  const different = alerts.flatMap(pairsOf).filter(({ before, after }) => before !== after);
  if (different.length > 0) {
    const rest = different.length - MAX_EPISODES;
    const more = rest > 0 ? `\n\nAnd ${rest} more, which \`--json\` lists.` : "";
    sections.push(`#### Episodes that differ\n\n${table(different.slice(0, MAX_EPISODES))}${more}`);
  }
  return sections;
}

function spanText({ requested, judged }: Backtest): string {
  if (judged === undefined) {
    return `The data has no samples from ${minute(requested.from)} to ${minute(requested.to)} UTC.`;
  }
  const isPart = judged.from > requested.from || judged.to < requested.to;
  const part = isPart ? `, the part of the last ${duration(requested)} that has data` : "";
  const span = `${minute(judged.from)} to ${minute(judged.to)} UTC (${duration(judged)})`;
  return `Episodes of the changed alerts from ${span}${part}.`;
}

function duration({ from, to }: Span): string {
  const hours = (to - from) / 3_600_000;
  const rounded = (number: number) => Math.round(number * 10) / 10;
  return hours < 24 ? count(rounded(hours), "hour") : count(rounded(hours / 24), "day");
}

function alertRow({ alert, before, after }: AlertResult, judged: Span | undefined) {
  const cell = (side: Side | undefined): string => {
    if (side === undefined) return "-";
    if (side.notJudged.length > 0) return "not evaluated";
    if (side.hasNoData || judged === undefined) return "no data";
    if (side.episodes.length === 0) return "none";
    return groupBy(side.episodes, ({ severity }) => severity)
      .map(([name, { length }]) => `${length} ${name} (${perWeek(length, judged)} per week)`)
      .join(", ");
  };
  return {
    alert,
    before: cell(before),
    after: cell(after),
    services: servicesText(before, after),
    notes: notesOf(before, after),
  };
}

/** Lists the services whose number of episodes changed. */
function servicesText(before: Side | undefined, after: Side | undefined): string {
  const numbers = (side: Side | undefined) =>
    new Map(
      groupBy(side?.episodes ?? [], subjectOf).map(([subject, list]) => [subject, list.length]),
    );
  const [was, is] = [numbers(before), numbers(after)];
  const changed = keysOf(was, is)
    .sort()
    .flatMap((subject) => {
      const [countBefore, countAfter] = [was.get(subject) ?? 0, is.get(subject) ?? 0];
      return countBefore === countAfter ? [] : `${subject} ${countBefore} → ${countAfter}`;
    });
  return firstOf(changed, MAX_NAMES);
}

function notesOf(...sides: (Side | undefined)[]): string {
  const all = (read: (side: Side) => string[]) => [
    ...new Set(sides.flatMap((side) => (side === undefined ? [] : read(side)))),
  ];
  const missing = all((side) => side.missing);
  const partial = all((side) => side.partial).filter((metric) => !missing.includes(metric));
  return [
    ...all((side) => side.notJudged),
    ...(missing.length > 0 ? [`no samples of ${firstOf(missing, MAX_NAMES)}`] : []),
    ...(partial.length > 0
      ? [`samples for only part of the time: ${firstOf(partial, MAX_NAMES)}`]
      : []),
  ].join("; ");
}

/** Returns the subject of an episode: a service or the alert's labels. */
function subjectOf({ labels }: AlertEpisode): string {
  const { service = labels["workload"] } = labels;
  const texts = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
  return service ?? (texts.length === 0 ? "all" : texts.join(" "));
}

/** Pairs the episodes of both states that overlap and have the same labels. */
function pairsOf({ alert, before, after }: AlertResult) {
  const unmatched = new Set(after?.episodes);
  const pairs = (before?.episodes ?? []).map((was) => {
    const is = [...unmatched].find(
      (other) => labelsKey(other.labels) === labelsKey(was.labels) && overlap(was, other),
    );
    if (is !== undefined) unmatched.delete(is);
    return { was, is };
  });
  return [...pairs, ...[...unmatched].map((is) => ({ was: undefined, is }))]
    .map(({ was, is }) => ({
      start: (was ?? is).start,
      subject: subjectOf((is ?? was)!),
      was,
      is,
    }))
    .sort((a, b) => a.start - b.start)
    .map(({ subject, was, is }) => ({
      alert,
      service: subject,
      before: episodeText(was),
      after: episodeText(is),
    }));
}

function overlap(first: AlertEpisode, second: AlertEpisode): boolean {
  const { POSITIVE_INFINITY: still } = Number;
  return first.start < (second.end ?? still) && second.start < (first.end ?? still);
}

function episodeText(episode: AlertEpisode | undefined): string {
  if (episode === undefined) return "-";
  const { severity, start, end } = episode;
  if (end === undefined) return `${severity}, since ${minute(start)}`;
  const isSameDay = minute(start).slice(0, 10) === minute(end).slice(0, 10);
  return `${severity}, ${minute(start)} – ${isSameDay ? minute(end).slice(11) : minute(end)}`;
}

/** Formats a time in UTC, such as `2026-11-27 09:30`. */
function minute(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replace("T", " ");
}

/** Returns the JSON document of a backtest, with UTC times in ISO 8601 format. */
export function backtestJson({ requested, judged, alerts, notifications }: Backtest) {
  const iso = (time: number) => new Date(time).toISOString();
  const span = ({ from, to }: Span) => ({ from: iso(from), to: iso(to) });
  const weekly = (number: number) => (judged === undefined ? 0 : perWeek(number, judged));
  const side = (result: Side | undefined) =>
    result === undefined
      ? null
      : {
          ...result,
          episodesPerWeek: weekly(result.episodes.length),
          episodes: result.episodes.map(({ severity, labels, start, end }) => ({
            start: iso(start),
            end: end === undefined ? null : iso(end),
            severity,
            labels,
          })),
        };
  return {
    requested: span(requested),
    judged: judged === undefined ? null : span(judged),
    alerts: alerts.map(({ alert, before, after }) => ({
      alert,
      before: side(before),
      after: side(after),
    })),
    notificationsPerWeek: notifications.map(({ severity, before, after }) => ({
      severity,
      before: weekly(before),
      after: weekly(after),
    })),
  };
}

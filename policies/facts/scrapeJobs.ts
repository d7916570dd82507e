import { Path, Plain, at, entriesAt, isPresent, isText, listAt, textAt } from "./plain";
import { prometheusAgent, prometheusServer } from "./prometheus";
import { Resource } from "./resource";
import { readConfig } from "./yaml";

/** A scrape job in the format of Prometheus, which the values of a release contain. */
export interface ScrapeJob {
  name: string | undefined;
  settings: Plain;
  /** Path of the job, or of the text that contains it. */
  path: Path;
  isInText: boolean;
}

/** Returns the scrape jobs in the format of Prometheus that a release configures. */
export function scrapeJobs(resource: Resource): ScrapeJob[] {
  const { props } = resource;
  const server = prometheusServer(resource) ?? prometheusAgent(resource)[0];
  if (server === undefined) return [];
  const lists: Path[] = [
    [...server.spec, "additionalScrapeConfigs"],
    ["values", "extraScrapeConfigs"],
    ["values", "serverFiles", "prometheus.yml", "scrape_configs"],
  ];
  return [
    ...lists.flatMap((path) => {
      const value = at(props, ...path);
      const isInText = isText(value);
      return listAt(readConfig(value)).map((settings, index) => ({
        name: textAt(settings, "job_name"),
        settings,
        path: isInText ? path : [...path, index],
        isInText,
      }));
    }),
    ...entriesAt(props, "values", "scrapeConfigs")
      // Helm removes a job whose value is null.
      .filter(([, settings]) => isPresent(settings) && at(settings, "enabled") !== false)
      .map(([key, settings]) => ({
        name: textAt(settings, "job_name") ?? key,
        settings,
        path: ["values", "scrapeConfigs", key],
        isInText: false,
      })),
  ];
}

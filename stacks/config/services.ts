import { monitoredServicesAlertNames } from "../../components/alerting/alertNames";
import { jobThresholds } from "../../components/services/settings/serviceChecks";
import {
  MonitoredServicesSettings,
  serviceSchema,
  servicesSettings,
} from "../../components/services/settings/settings";
import { WorkloadKind } from "../../components/services/settings/enums";
import { defined } from "../../components/shared/defined";
import { proberAddress } from "../../components/shared/prober";
import { PrometheusSettings } from "../../components/prometheus/settings";
import { isMap } from "../../policies/shared/isMap";
import { mergeValues } from "../../policies/shared/mergeValues";
import { Problem, check, unknownKey, valueAt } from "../../components/shared/problems";
import { Context } from "./context";
import { parseFractions, parseServiceFractions } from "./fractions";
import { Parsed, alertLinks, rulesOf, translated } from "./parts";
import { placedServiceSchema } from "./schema";

/** The services of each namespace. Always includes the application namespace. */
export type ServicesByNamespace = [MonitoredServicesSettings, ...MonitoredServicesSettings[]];

/**
 * Returns the name and settings of each of the stack's MonitoredServices. The brackets distinguish the
 * monitors of `api` in `payments` from the monitors of `payments-api` in the application namespace.
 */
export function servicesComponents(
  services: ServicesByNamespace,
): [name: string, settings: MonitoredServicesSettings][] {
  return services.map((settings, index) => [
    index === 0 ? "services" : `services[${settings.namespace}]`,
    settings,
  ]);
}

/** A configured service with its team's defaults, and its position in the configuration. */
interface PlacedService {
  index: number;
  namespace: string;
  service: unknown;
  /** The service without its team's defaults. */
  declared: unknown;
}

/**
 * Returns the services by namespace, as the arguments of one MonitoredServices each. The application
 * namespace comes first, even if it has no services, because alerts on pods cover the whole namespace.
 */
export function parseServices(
  context: Context,
  prometheus: PrometheusSettings | undefined,
): Parsed<ServicesByNamespace> {
  const { configuration, namespaces, identity } = context;
  const problems: Problem[] = [];
  const existing = configuration.existingPrometheus;
  const byNamespace = new Map<string, PlacedService[]>([[namespaces.application, []]]);
  configuration.services.forEach((service, index) => {
    const placed = withTeamDefaults(parseServiceFractions(service), configuration.teams);
    const { settings, problems: namespaceProblems = [] } = readNamespace(placed);
    problems.push(
      ...namespaceProblems.map((problem) => ({
        ...problem,
        path: ["services", index, ...problem.path],
      })),
    );
    const namespace = settings?.namespace ?? namespaces.application;
    const services = byNamespace.get(namespace) ?? [];
    byNamespace.set(namespace, services);
    services.push({ index, namespace, service: withoutNamespace(placed), declared: service });
  });
  const groups = [...byNamespace].map(([namespace, services]) => {
    const checked = servicesSettings({
      labels: identity.labels,
      namespace,
      services: services.map(({ service }) => service),
      alerts: {
        ...(parseFractions(configuration.alerts) as object),
        ...alertLinks(configuration, prometheus),
        // If `rules` is not a map, only this check reports it.
        rules: rulesOf(configuration, monitoredServicesAlertNames) ?? configuration.alerts["rules"],
      },
      ...(existing
        ? {
            retentionDays: existing.retentionDays,
            prober: existing.prober,
            selectorLabels: existing.labels,
            ampWorkspaceArn: existing.ampWorkspaceArn,
          }
        : {
            retentionDays: prometheus?.retentionDays,
            prober: prometheus && proberAddress(prometheus),
          }),
    });
    const { settings, problems } = translated("services", checked);
    return { settings, problems: problems.map((problem) => atPositionOf(services, problem)) };
  });
  problems.push(...groups.flatMap((group) => group.problems));
  const [application, ...others] = groups.flatMap(({ settings }) => settings ?? []);
  if (problems.length > 0 || application === undefined) return { problems };
  return { settings: [application, ...others], problems };
}

/**
 * Adds the settings that a service inherits from its team. The service's own settings take precedence.
 */
function withTeamDefaults(service: unknown, teams: Context["configuration"]["teams"]): unknown {
  if (!isMap(service) || typeof service["team"] !== "string") return service;
  const team = Object.hasOwn(teams, service["team"]) ? teams[service["team"]] : undefined;
  if (team === undefined) return service;
  const { namespace, slo, alerts } = team;
  const isJob = service["kind"] === WorkloadKind.Job;
  // A scheduled job handles no requests, and requests to a probed URL are not measured.
  const hasRequests = !isJob && service["kind"] !== WorkloadKind.Probe;
  const thresholds = Object.entries(alerts ?? {}).filter(
    ([key]) => isJob || !jobThresholds.includes(key),
  );
  const defaults = {
    namespace,
    slo: hasRequests ? slo : undefined,
    alerts: thresholds.length > 0 ? Object.fromEntries(thresholds) : undefined,
  };
  return mergeValues(defined(defaults), service);
}

function readNamespace(service: unknown) {
  const namespace = isMap(service) ? service["namespace"] : undefined;
  return check(placedServiceSchema, { namespace });
}

function withoutNamespace(service: unknown): unknown {
  if (!isMap(service)) return service;
  const { namespace: _namespace, ...rest } = service;
  return rest;
}

/** Moves a problem with one namespace's services to its position in the configuration. */
function atPositionOf(services: PlacedService[], problem: Problem): Problem {
  const [key, position, ...rest] = problem.path;
  const service = key === "services" ? services[Number(position)] : undefined;
  if (service === undefined) return problem;
  return atTeam(
    service,
    atService(service, { ...problem, path: ["services", service.index, ...rest] }),
  );
}

/** Moves a problem with an inherited setting to the position of the team. */
function atTeam({ declared, service }: PlacedService, problem: Problem): Problem {
  const setting = problem.path.slice(2);
  while (setting.length > 0 && valueAt(service, setting) === undefined) setting.pop();
  if (setting.length === 0 || valueAt(declared, setting) !== undefined) return problem;
  const team = String(valueAt(service, ["team"]));
  return { ...problem, path: ["teams", team, ...problem.path.slice(2)] };
}

/** Adds the keys that exist only in the configuration to a problem with an unknown key of a service. */
function atService({ service }: PlacedService, problem: Problem): Problem {
  if (problem.code !== "unknownKey" || problem.path.length !== 3 || !isMap(service)) return problem;
  const known = Object.keys({ ...serviceSchema.shape, ...placedServiceSchema.shape });
  return unknownKey(problem.path, problem.value, known, Object.keys(service));
}

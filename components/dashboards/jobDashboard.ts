import { recordedJobs } from "../services/alerts/jobAlerts";
import { WorkloadKind } from "../services/settings/enums";
import { MonitoredServicesSettings } from "../services/settings/settings";
import { DashboardModel, graph, query, table } from "./model";

/** Returns the dashboard for scheduled job runs, if at least one service is a job. */
export function jobDashboard(all: MonitoredServicesSettings[]): DashboardModel[] {
  const hasJob = all.some(({ services }) =>
    services.some(({ kind }) => kind === WorkloadKind.Job),
  );
  if (!hasJob) return [];
  const matchers = 'namespace=~"$namespace", service=~"$service"';
  const { lastSuccess, runStart } = recordedJobs;
  const age = `time() - ${lastSuccess}{${matchers}}`;
  const status = (metric: string) =>
    `sum by (namespace, service) (${runStart}{${matchers}} * 0 + on (namespace, job_name) group_left () ${metric})`;
  const duration = `(time() - ${runStart}{${matchers}}) and on (namespace, job_name) kube_job_status_active > 0`;
  return [
    {
      uid: "service-jobs",
      title: "Scheduled jobs",
      description: "When each CronJob last succeeded, its failed runs, and how long runs take.",
      variables: [
        { name: "namespace", series: lastSuccess, multiple: true },
        { name: "service", series: `${lastSuccess}{namespace=~"$namespace"}`, multiple: true },
      ],
      rows: [
        {
          title: "Jobs",
          panels: [
            table("Last success", [query(age, "Age", "s")]),
            graph("Time since the last success", "s", [query(age, "{{service}}")], {
              link: "jobSuccess",
            }),
            graph(
              "Failed runs in the history",
              "short",
              [query(status('kube_job_failed{condition="true"}'), "{{service}}")],
              { link: "jobFailures" },
            ),
            graph(
              "Duration of active runs",
              "s",
              [query(`max by (namespace, service) (${duration})`, "{{service}}")],
              { link: "jobDuration" },
            ),
          ],
        },
      ],
    },
  ];
}

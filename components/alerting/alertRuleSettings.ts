/** Settings of one alert. What is not set keeps its default. */
export interface AlertRuleSettings {
  /** Whether the alert exists. Default: true. */
  enabled?: boolean;
  /** Minutes for which the condition must hold before the alert fires. */
  forMinutes?: number;
  /** Severity of the alert: `critical`, `warning` or `info`. */
  severity?: string;
  /**
   * Threshold of an alert that has no threshold setting of its own, in the unit that `docs/alerts.md`
   * lists for it. Default: the threshold listed there.
   */
  threshold?: number;
}

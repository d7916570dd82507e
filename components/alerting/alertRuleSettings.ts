/** Settings of one alert. Fields that are not set keep their defaults. */
export interface AlertRuleSettings {
  /** Whether the alert exists. Default: true. */
  enabled?: boolean;
  /** Minutes for which the condition must hold before the alert fires. */
  forMinutes?: number;
  /** Severity of the alert: `critical`, `warning` or `info`. */
  severity?: string;
  /**
   * Threshold of an alert without a dedicated threshold setting, in the unit that `docs/alerts.md`
   * lists for it. Default: the threshold listed there.
   */
  threshold?: number;
}

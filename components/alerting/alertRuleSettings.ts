/** Settings for one alert. Unset fields keep their defaults. */
export interface AlertRuleSettings {
  /** Whether the alert exists. Default: true. */
  enabled?: boolean;
  /** Minutes for which the condition must hold before the alert fires. */
  forMinutes?: number;
  /** Severity of the alert: `critical`, `warning` or `info`. */
  severity?: string;
  /**
   * Threshold, in the unit that `docs/alerts.md` lists, for alerts without a dedicated threshold
   * setting. Default: the threshold listed there.
   */
  threshold?: number;
}

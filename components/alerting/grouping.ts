/** Labels that group alerts into one notification by default. */
export const defaultGroupBy = ["alertname", "cluster", "service"];

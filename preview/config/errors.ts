/** An error that the person who runs the preview can act on: its message says all, no stack needed. */
export class ExpectedError extends Error {}

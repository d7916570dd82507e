/** An error that the user can fix. Its message is complete without a stack trace. */
export class ExpectedError extends Error {}

/** An error in the arguments of a command. */
export class UsageError extends ExpectedError {}

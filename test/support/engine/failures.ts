/** Environment variable with the operations that fail: `type::name:operation`, separated by spaces. */
export const failOnVariable = "ENGINE_FAIL_ON";

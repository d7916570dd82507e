/** Tests name here what the doubles shall refuse: `type::name:operation`, separated by blanks. */
export const failOnVariable = "ENGINE_FAIL_ON";

export { type Values, mergeValues } from "../../policies/shared/mergeValues";

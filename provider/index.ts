export { DynamicResource } from "./hosts/dynamic-resource.js";
export type { ResourceShape } from "./hosts/dynamic-resource.js";

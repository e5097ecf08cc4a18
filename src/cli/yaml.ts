import { dump } from "js-yaml";

/** Plain data as an operator would write it. */
export const toYaml = (value: unknown) => dump(value, { lineWidth: 120, noRefs: true });

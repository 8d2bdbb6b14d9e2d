/** `tickstock-daily/testing`: the contracts that the shipped units keep, for those of a host. */
export type { Check } from './check.js';
export { formulaChecks } from './formula-contract.js';
export { gateChecks } from './gate-contract.js';
export { ruleChecks } from './rule-contract.js';
export { sourceChecks } from './source-contract.js';

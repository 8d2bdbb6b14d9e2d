import { setFlagsFromString } from 'node:v8';

/**
 * Sets the JavaScript engine up for a program that works for a second beside its database; holds for what is loaded afterwards. By default the
 * engine's own threads optimise code and look for garbage at once, which on two cores takes the one that the database works on: an evening's
 * cache sync took 260 ms so, and 230 with this.
 */
export function setUpForCommand(): void {
  // Most of the code is done before its optimised form would be ready: three times the default. Since version 12 there is a stage in between that
  // makes a forecast of it; without that stage the rest can stay.
  const version = Number.parseInt(process.versions.v8, 10);
  setFlagsFromString(version < 12 ? '--interrupt-budget=400000' : '--no-maglev');
  // Old objects are looked through when there are five times as many as were left the last time; of what is loaded in an evening, all are needed.
  setFlagsFromString('--heap-growing-percent=400');
  // Room for new objects begins at 1 MB and doubles whenever what is in it has been copied in vain; a step to the full 16 MB saves most of that.
  setFlagsFromString('--semi-space-growth-factor=16');
}

/** For a program that stays: the engine decides again when to look through its old objects. */
export function setUpForService(): void {
  setFlagsFromString('--heap-growing-percent=0');
}

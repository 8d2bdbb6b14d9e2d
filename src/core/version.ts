/** The version of the package; part of what the result of a run depends on. A test compares it with package.json. */
export const VERSION = '0.1.0';

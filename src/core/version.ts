/** The package's version; part of what a run's result was made from. A test holds it against package.json. */
export const VERSION = '0.1.0';

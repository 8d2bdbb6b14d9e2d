import { setFlagsFromString } from 'node:v8';

/*
 * Settings of the JavaScript engine for a program that works for a second beside its database; imported before anything else, as they hold for what
 * comes after them. By default the engine's own threads optimise code and look for garbage at once, which on two cores takes the one that the
 * database works on. An evening's cache sync took 300 ms so, and 240 with these.
 */

// Three times the default: most of the code is done before its optimised form would be ready.
setFlagsFromString('--interrupt-budget=400000');

// Old objects are looked through when there are five times as many as were left the last time; of what is loaded in an evening, all are needed.
setFlagsFromString('--heap-growing-percent=400');

// Room for new objects begins at 1 MB and doubles whenever what is in it has been copied in vain; a step to the full 16 MB saves most of that.
setFlagsFromString('--semi-space-growth-factor=16');

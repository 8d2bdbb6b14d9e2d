import { setFlagsFromString } from 'node:v8';

/*
 * Settings of the JavaScript engine for a program that works for a second beside its database; imported before anything else, as they hold for what
 * comes after them.
 */

// By default code is optimised as soon as it has run for a moment, by a thread of its own: on two cores it takes the one that the database works on,
// for code that is mostly done before its optimised form is. An evening's cache sync took 300 ms so, and 255 with three times the default.
setFlagsFromString('--interrupt-budget=400000');

// Room for new objects begins at 1 MB and doubles whenever what is in it has been copied in vain; a step to the full 16 MB saves most of that.
setFlagsFromString('--semi-space-growth-factor=16');

import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import type { Channel } from '../channel.js';
import { toPayload, toText } from '../message.js';

/** What a program needs to run. The rest of the environment may hold secrets of this one. */
const PASSED_ON = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'SystemRoot'];
const SHOWN_ERROR = 300;

/** A program: the text on standard input, JSON in `TICKSTOCK_NOTIFICATION`. It is not run by a shell. */
export function createCommand([program = '', ...args]: readonly string[]): Channel {
  return {
    id: 'command',
    target: basename(program),
    send: async (message, signal) =>
      new Promise((resolve, reject) => {
        const passed = PASSED_ON.flatMap((name) =>
          process.env[name] === undefined ? [] : [[name, process.env[name]]],
        );
        const env = { ...Object.fromEntries(passed), TICKSTOCK_NOTIFICATION: toPayload(message) };
        const child = spawn(program, args, { env, signal, killSignal: 'SIGKILL', stdio: ['pipe', 'ignore', 'pipe'] });
        let problem = '';
        child.stderr
          .setEncoding('utf8')
          .on('data', (text: string) => (problem = (problem + text).slice(0, SHOWN_ERROR)));
        // A program that reads nothing closes its input.
        child.stdin.on('error', () => undefined).end(`${toText(message)}\n`);
        child.on('error', (cause) =>
          reject(signal.aborted ? new Error('it did not end in time', { cause }) : new Error(cause.message, { cause })),
        );
        child.on('close', (code, by) => {
          if (code === 0) resolve();
          else reject(new Error(`it ended with ${code ?? by}${problem === '' ? '' : `: ${problem.trim()}`}`));
        });
      }),
  };
}

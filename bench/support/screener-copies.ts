import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

/** Suffix of the symbol of a copy; a form that the screener source accepts. */
export const COPY_MARK = '=';

/** Writes the screener files of a session into another folder, with every row `times` times under different symbols. */
export async function copyScreener(from: string, to: string, session: string, times: number): Promise<void> {
  await mkdir(join(to, session), { recursive: true });
  for (const name of await readdir(join(from, session))) {
    const rows = JSON.parse(gunzipSync(await readFile(join(from, session, name))).toString()) as { symbol: string }[];
    const lines = rows.flatMap((row) =>
      Array.from({ length: times }, (_, copy) => {
        const symbol = copy === 0 ? row.symbol : `${row.symbol.trim()}${COPY_MARK}${copy + 1}`;
        return JSON.stringify({ ...row, symbol });
      }),
    );
    await writeFile(join(to, session, name), gzipSync(`[${lines.join(',')}]`, { level: 1 }));
  }
}

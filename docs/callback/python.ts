import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Compiles snippets with `python3 -m py_compile`.
 * @returns the compiler's messages for invalid ones; null without python3
 */
export async function compilePython(snippets: readonly string[]): Promise<string[] | null> {
  if (spawnSync('python3', ['--version']).status !== 0) return null;
  const folder = await mkdtemp(join(tmpdir(), 'tickstock-python-'));
  try {
    const problems: string[] = [];
    for (const [index, code] of snippets.entries()) {
      const file = join(folder, `snippet_${index + 1}.py`);
      await writeFile(file, `${code}\n`);
      const { status, stderr } = spawnSync('python3', ['-m', 'py_compile', file], { encoding: 'utf8' });
      if (status !== 0) problems.push(stderr);
    }
    return problems;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

import { PipelineError } from '../../core/errors.js';
import { nearestName } from '../../core/nearest.js';
import type { Phase } from '../../core/phase.js';

/**
 * The phases of a run, in order.
 *
 * Shape: no names → all phases; names in any order, with repetitions → those phases, by ordinal.
 * @throws EOD_PHASE_UNKNOWN naming the nearest phase
 */
export function planPhases(phases: readonly Phase[], names: readonly string[] = []): Phase[] {
  const ids = phases.map((phase) => phase.id);
  for (const name of names) {
    if (ids.includes(name)) continue;
    const nearest = nearestName(name, ids);
    throw new PipelineError('EOD_PHASE_UNKNOWN', `there is no phase "${name}"`, {
      hint: `${nearest ? `did you mean "${nearest}"? ` : ''}phases: ${ids.join(', ')}`,
    });
  }
  return phases
    .filter((phase) => names.length === 0 || names.includes(phase.id))
    .toSorted((left, right) => left.ordinal - right.ordinal);
}

/** Ids of the given phases and of all that need one of them, or one of those. No names mean all phases, as in a plan. */
export function withDownstream(phases: readonly Phase[], names: readonly string[]): readonly string[] {
  const wanted = new Set(names);
  for (const { id, needs } of planPhases(phases)) if (needs.some((need) => wanted.has(need))) wanted.add(id);
  return [...wanted];
}

/**
 * Refuses phases with the same id or ordinal, and phases that need one which does not run before them.
 * @throws EOD_CONFIG_INVALID
 */
export function assertPhases(phases: readonly Phase[]): void {
  const problems = phases.flatMap((phase, index) => {
    const twin = phases.slice(0, index).find(({ id, ordinal }) => id === phase.id || ordinal === phase.ordinal);
    const needs = phase.needs.filter((id) => !phases.some((each) => each.id === id && each.ordinal < phase.ordinal));
    return [
      ...(twin
        ? [`"${phase.id}" (${phase.ordinal}) and "${twin.id}" (${twin.ordinal}) share an id or an ordinal`]
        : []),
      ...(Number.isFinite(phase.ordinal) ? [] : [`"${phase.id}" has the ordinal ${phase.ordinal}`]),
      ...needs.map((id) => `"${phase.id}" needs "${id}", which is not a phase that runs before it`),
    ];
  });
  if (problems.length === 0) return;
  throw new PipelineError('EOD_CONFIG_INVALID', `the phases cannot be combined: ${problems.join('; ')}`, {
    hint: `give each phase a unique id and ordinal; shipped phases: ${phases.map(({ id, ordinal }) => `${id} (${ordinal})`).join(', ')}`,
  });
}

/**
 * Phases that a planned phase needs and that are not in the plan.
 *
 * Shape: needed phase id → id of the first phase that needs it.
 */
export function findOutsideNeeds(plan: readonly Phase[]): Map<string, string> {
  const planned = new Set(plan.map((phase) => phase.id));
  const outside = new Map<string, string>();
  for (const phase of plan) {
    for (const need of phase.needs) {
      if (!planned.has(need) && !outside.has(need)) outside.set(need, phase.id);
    }
  }
  return outside;
}

import type { EngineError } from '../engine/types';
import { useNames } from '../hooks';
import { say, told } from '../texts';

/** Puts names into a problem's place, as in `rules[so_a >= so_b]`. */
function place(field: string, element: (code: string) => string): string {
  const rule = /^rules\[(.*)\]$/.exec(field)?.[1];
  return rule ? rule.replace(/[a-z][a-z0-9_]*/g, element) : '';
}

/** Why the engine said no, each wrong field by its name. */
export function Failure({ error }: { error: EngineError | null }) {
  const { element } = useNames();
  if (!error) return null;
  const text = error.code === 'NO_ENGINE' ? say('not-supported') : told(error.text);
  return (
    <div role="alert" class="bad">
      <p>{text}</p>
      {error.problems.length > 0 && (
        <ul>
          {error.problems.map((one) => (
            <li key={one.field}>
              {one.element ? `${element(one.element)}: ` : ''}
              {place(one.field, element)} {told(one.text)}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
